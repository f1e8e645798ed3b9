import ArgumentParser
import FeederCache
import FeederCore

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
    do { _ = try LevelOptions(window: window, curve: curve) } catch let error as SettingError {
      throw ValidationError(error.line.flags)
    }
  }

  /// The flags as options of a source. `training` are the images that the weights in use were trained on.
  func options(training: LevelOptions.Training? = nil) -> LevelOptions {
    guard var options = try? LevelOptions(window: window, curve: curve) else {
      preconditionFailure("flags are validated before they are used")
    }
    options.training = training
    return options
  }
}
