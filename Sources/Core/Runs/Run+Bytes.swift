import SeerSupport

extension Run {
  /// One layer's states as they are stored, (rows, width) in the run's own type, where they lie.
  ///
  /// Throws when the run does not hold the layer.
  package func storedStates(layer: Int) throws(Failure) -> FileBytes {
    let count = manifest.rows * manifest.width * manifest.dtype.dataType.size
    let start = tensor.range.lowerBound + (try index(ofLayer: layer)) * count
    return file.file[start..<start + count]
  }
}
