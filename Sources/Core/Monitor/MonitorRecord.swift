import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerRuns
import SeerSupport

/// What was measured of a run's monitors on texts' tokens, which the run itself does not hold: the
/// probe that tokens taught, calibrations of tokens and turns, and how high turns without a concept
/// score. It stands in the run's folder as `monitor.json` (`seer evaluate monitor --record`).
package struct MonitorRecord: Codable, Equatable, Sendable {
  package static let currentFormat = 1
  package static let name = "monitor.json"

  package var format = MonitorRecord.currentFormat
  /// The program and version that wrote it.
  package var tool: String
  /// Of the run's recipe: another run's record is refused.
  package var modelSHA256: String
  package var adapterSHA256: String?
  package var conceptsSHA256: String
  /// The layer that is scored where nobody says another.
  package var layer: Int
  package var layers: [Layer]

  /// One layer's.
  package struct Layer: Codable, Equatable, Sendable {
    package var layer: Int
    /// As the monitor has them.
    package var concepts: [String]
    /// The better one.
    package var reader: MonitorReader
    package var readings: [Reading]

    package init(
      layer: Int, concepts: [String], reader: MonitorReader, readings: [Reading]
    ) {
      self.layer = layer
      self.concepts = concepts
      self.reader = reader
      self.readings = readings
    }
  }

  /// One reader's.
  package struct Reading: Codable, Equatable, Sendable {
    package var reader: MonitorReader
    /// Of the probe.
    package var shrinkage: Double?
    package var weights: [[Float]]?
    package var intercepts: [Float]?
    /// The one that reads turns; where there is none, as in records of before, the other does.
    package var turnProbe: Probe?
    /// Of the mean along a turn's tokens (``LogitSmoothing``); where there is none, as in records of
    /// before, tokens are read by themselves.
    package var halfLife: Double?
    package var tokens: Calibration
    package var turns: Calibration
    package var falsePositives: FalsePositives

    package init(
      reader: MonitorReader, probe: Probe?, turnProbe: Probe?, halfLife: Double,
      tokens: Calibration, turns: Calibration, falsePositives: FalsePositives
    ) {
      self.reader = reader
      shrinkage = probe?.shrinkage
      weights = probe?.weights
      intercepts = probe?.intercepts
      self.turnProbe = turnProbe
      self.halfLife = halfLife
      self.tokens = tokens
      self.turns = turns
      self.falsePositives = falsePositives
    }

    /// The one that reads tokens.
    package var probe: Probe? {
      guard let weights, let intercepts else { return nil }
      return Probe(shrinkage: shrinkage, weights: weights, intercepts: intercepts)
    }

    enum CodingKeys: String, CodingKey {
      case reader, shrinkage, weights, intercepts, tokens, turns
      case turnProbe = "turn_probe"
      case halfLife = "half_life"
      case falsePositives = "false_positives"
    }
  }

  /// A linear probe on centred unit states.
  package struct Probe: Codable, Equatable, Sendable {
    package var shrinkage: Double?
    /// By concept, `width` values each.
    package var weights: [[Float]]
    package var intercepts: [Float]

    package init(shrinkage: Double?, weights: [[Float]], intercepts: [Float]) {
      self.shrinkage = shrinkage
      self.weights = weights
      self.intercepts = intercepts
    }

    package init(_ reading: LinearReading, shrinkage: Double) {
      self.init(
        shrinkage: shrinkage,
        weights: (0..<reading.weights.rows).map { reading.weights.values(row: $0) },
        intercepts: reading.intercepts)
    }

    package var reading: LinearReading {
      LinearReading(
        weights: Matrix(
          rows: weights.count, columns: weights.first?.count ?? 0, values: weights.flatMap { $0 }),
        intercepts: intercepts)
    }

    func isWhole(concepts: Int, width: Int) -> Bool {
      weights.count == concepts && intercepts.count == concepts
        && weights.allSatisfy { $0.count == width && $0.allSatisfy(\.isFinite) }
        && intercepts.allSatisfy(\.isFinite)
    }
  }

  enum CodingKeys: String, CodingKey {
    case format, tool
    case modelSHA256 = "model_sha256"
    case adapterSHA256 = "adapter_sha256"
    case conceptsSHA256 = "concepts_sha256"
    case layer, layers
  }

  package init(tool: String, of manifest: RunManifest, layer: Int, layers: [Layer]) {
    self.tool = tool
    modelSHA256 = manifest.modelSHA256
    adapterSHA256 = manifest.adapterSHA256
    conceptsSHA256 = manifest.conceptsSHA256
    self.layer = layer
    self.layers = layers
  }

  package func layer(_ layer: Int) -> Layer? { layers.first { $0.layer == layer } }

  /// A run's record; nil where it has none.
  ///
  /// Fails where it is no record, or another run's.
  package static func of(_ run: Run) throws(Failure) -> MonitorRecord? {
    let path = run.folder + "/" + name
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    func refused(_ place: String?, _ found: String, _ wanted: String) -> Failure {
      Failure(
        .badData, file: path, place: place, found: found, wanted: wanted,
        advice: "Measure the run again: seer evaluate monitor --run \(run.folder) --record.")
    }
    let record: MonitorRecord
    do {
      record = try JSONDecoder().decode(
        MonitorRecord.self, from: try MappedFile(path: path).data)
    } catch {
      throw refused(
        nil, "JSON that is no monitor's record: \(Run.reason(error))",
        "the keys that seer evaluate monitor --record writes")
    }
    guard record.format == currentFormat else {
      throw refused("format", "\(record.format)", "\(currentFormat)")
    }
    let manifest = run.manifest
    guard record.modelSHA256 == manifest.modelSHA256,
      record.adapterSHA256 == manifest.adapterSHA256,
      record.conceptsSHA256 == manifest.conceptsSHA256
    else {
      throw refused(
        "model_sha256, adapter_sha256, concepts_sha256", "those of another run",
        "those of run.json")
    }
    for layer in record.layers {
      let place = "layer \(layer.layer)"
      guard manifest.layers.contains(layer.layer) else {
        throw refused(place, "a layer that the run does not hold", Run.described(manifest.layers))
      }
      for reading in layer.readings {
        let isWhole = reading.falsePositives.isWhole(concepts: layer.concepts.count)
        func isWholeProbe(_ probe: Probe) -> Bool {
          probe.isWhole(concepts: layer.concepts.count, width: manifest.width)
        }
        let hasProbes =
          reading.probe.map(isWholeProbe) == true && reading.turnProbe.map(isWholeProbe) != false
        guard isWhole, hasProbes || reading.reader == .prototype,
          reading.tokens.temperature > 0, reading.turns.temperature > 0
        else {
          throw refused(
            "\(place), \(reading.reader)", "values for other concepts or another width",
            "\(layer.concepts.count) concepts, width \(manifest.width)")
        }
        if let halfLife = reading.halfLife, !(0..<1e6).contains(halfLife) {
          throw refused(
            "\(place), \(reading.reader), half_life", "\(halfLife)", "tokens, 0 or more")
        }
      }
    }
    guard record.layer(record.layer) != nil else {
      throw refused("layer", "\(record.layer)", "one of `layers`")
    }
    return record
  }

  /// Writes it into the run's folder.
  package func write(to run: Run) throws(Failure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    do {
      let data = try encoder.encode(self)
      try OutputFile.write(
        String(decoding: data, as: UTF8.self) + "\n", to: run.folder + "/" + Self.name)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.software, file: run.folder, found: "a record that is no JSON: \(error)")
    }
  }
}

/// How high turns score for a concept that is not theirs, read in every way: what thresholds at a
/// rate of false positives are taken from.
package struct FalsePositives: Codable, Equatable, Sendable {
  /// By concept: held-out turns of other concepts.
  package var turns: [Int]
  /// By way, then by concept: the highest scores of those turns, highest first.
  package var highest: [String: [[Float]]]

  /// Scores that are kept: rates up to this many of the turns can be asked for.
  package static let kept = 64

  /// Of one way alone.
  ///
  /// - Parameters:
  ///   - scores: of held-out rows, for every concept.
  ///   - labels: their concepts' places.
  init(_ way: SequenceScore, _ scores: [[Float]], labels: [Int], concepts: Int) {
    turns = (0..<concepts).map { concept in labels.count { $0 != concept } }
    highest = [way.rawValue: Self.highest(scores, labels, concepts)]
  }

  private static func highest(_ scores: [[Float]], _ labels: [Int], _ concepts: Int) -> [[Float]] {
    (0..<concepts).map { concept in
      let others = zip(scores, labels).filter { $0.1 != concept }.map { $0.0[concept] }
      return Array(others.sorted(by: >).prefix(kept))
    }
  }

  /// - Parameters:
  ///   - turns: of held-out rows.
  ///   - labels: their concepts' places.
  package init(_ turns: [SequenceScores], labels: [Int], concepts: Int) {
    self.turns = (0..<concepts).map { concept in labels.count { $0 != concept } }
    highest = [:]
    for way in SequenceScore.allCases {
      highest[way.rawValue] = Self.highest(turns.map { $0[way] }, labels, concepts)
    }
  }

  func isWhole(concepts: Int) -> Bool {
    turns.count == concepts
      && SequenceScore.allCases.allSatisfy { way in
        highest[way.rawValue]?.count == concepts
          && zip(highest[way.rawValue] ?? [], turns).allSatisfy {
            $0.count == min(Self.kept, $1) && $0.allSatisfy(\.isFinite)
          }
      }
  }

  /// A score that at most `rate` of the turns without the concept reach.
  ///
  /// Fails where there are too few such turns for so small a rate, or too many kept for so large.
  package func threshold(
    _ way: SequenceScore, concept: Int, rate: Double
  ) throws(Failure) -> Float {
    guard let highest = highest[way.rawValue] else {
      throw Failure(
        .usage, place: "--alert-by", found: "\(way), which was not measured",
        wanted: self.highest.keys.sorted().joined(separator: ", "),
        advice: "Measure the others: seer evaluate monitor --run RUN --record.")
    }
    let count = turns[concept]
    let allowed = Int((rate * Double(count)).rounded(.down))
    let scores = highest[concept]
    guard allowed >= 1, allowed < scores.count else {
      let most = Double(max(0, scores.count - 1)) / Double(max(1, count))
      throw Failure(
        .usage, place: "--alert", found: "a rate of \(Self.percent(rate))",
        wanted: count > 1
          ? "\(Self.percent(1 / Double(count), .up)) to \(Self.percent(most, .down)), as the "
            + "\(count) held-out rows of other concepts allow"
          : "rows of other concepts that are held out",
        advice: "Measure more rows for a smaller rate, or give a score: CONCEPT=SCORE.")
    }
    // Between the last that may reach it and the first that may not: another pass over the same text
    // rounds otherwise.
    return max(scores[allowed].nextUp, (scores[allowed] + scores[allowed - 1]) / 2)
  }

  private static func percent(
    _ share: Double, _ rounding: FloatingPointRoundingRule = .toNearestOrEven
  ) -> String {
    // What is a hundredth but for rounding is not moved to the next.
    let slack = rounding == .up ? -1e-6 : rounding == .down ? 1e-6 : 0
    let hundredths = Int((share * 10_000 + slack).rounded(rounding))
    let text = "\(hundredths / 100)." + String(hundredths % 100 + 100).dropFirst()
    return (text.hasSuffix(".00") ? String(text.dropLast(3)) : text) + "%"
  }
}

extension Monitor {
  /// Takes what was measured in place of what the run's rows alone say.
  ///
  /// Fails where it is of other concepts.
  mutating func adopt(
    _ layer: MonitorRecord.Layer, _ measured: MonitorRecord.Reading
  ) throws(Failure) {
    guard layer.concepts.elementsEqual(concepts, by: { $0.utf8.elementsEqual($1.utf8) }) else {
      throw Failure(
        .badData, place: "\(MonitorRecord.name), layer \(layer.layer), concepts",
        found: layer.concepts.joined(separator: ", "),
        wanted: "those of the run: " + concepts.joined(separator: ", "),
        advice: "Measure the run again: seer evaluate monitor --record.")
    }
    isMeasured = true
    calibration = measured.tokens
    turnCalibration = measured.turns
    turnProbe = reader == .probe ? measured.turnProbe?.reading : nil
    smoothing = LogitSmoothing(halfLife: measured.halfLife ?? 0)
    falsePositives = measured.falsePositives
    let prototypes = layer.readings.first { $0.reader == .prototype }
    cosineTemperature = prototypes?.tokens.temperature ?? cosineTemperature
  }
}
