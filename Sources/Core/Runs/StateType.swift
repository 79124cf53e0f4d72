import SeerFormats
import SeerSupport

/// How a run's states are stored.
package enum StateType: String, NamedChoice {
  case float32, float16

  /// As the states' own file calls it.
  package var dataType: Safetensors.DataType { self == .float16 ? .float16 : .float32 }
}
