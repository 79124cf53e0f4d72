import SeerApp
import SeerCompareScreen
import SeerExploreScreen
import SeerPromptScreen
import SeerStartScreen
import SeerTrainScreen

/// The screens that the program has.
package enum Screens {
  /// In the order of their keys. A new screen is a line here and a target of its own.
  package static let registry = ScreenRegistry([
    ExploreScreen.self,
    CompareScreen.self,
    PromptScreen.self,
    TrainScreen.self,
    StartScreen.self,
  ])
}
