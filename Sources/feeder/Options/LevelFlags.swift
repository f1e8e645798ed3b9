import ArgumentParser
import FeederCache
import FeederCodecs
import FeederCore
import FeederTraining

/// The flags for images of more than 8 bits.
struct LevelFlags: ParsableArguments {
  @Option(
    help: """
      Levels that become black and white in images of more than 8 bits: auto, full or BLACK,WHITE. auto takes the window of \
      the weights, else the one in data.yaml, else full.
      """)
  var window = "auto"
  @Option(help: "Curve from black to white in images of more than 8 bits: auto, linear or sqrt.")
  var curve = "auto"

  func validate() throws {
    for (key, text) in [("window", window), ("curve", curve)] {
      do {
        var request = TrainingRequest()
        try SettingTable.setting(key)?.read(text, into: &request)
      } catch let error as SettingError {
        throw ValidationError(error.line.flags)
      }
    }
  }

  /// The flags as options of a source. `training` are the images that the weights in use were trained on.
  func options(training: LevelOptions.Training? = nil) -> LevelOptions {
    var options = LevelOptions()
    options.window = LevelWindow(text: window.lowercased())
    options.curve = LevelWindow.Curve(rawValue: curve.lowercased())
    options.training = training
    return options
  }
}
