// Trains a small detector and prints a line per epoch: swift run -c release TrainBoards DATA FOLDER
import FeederTrain

guard CommandLine.arguments.count == 3 else {
  fatalError("usage: TrainBoards DATA FOLDER, a data.yaml or its folder, and a folder for the weights")
}
let settings = ["model": "yolov8n", "epochs": "2", "image_size": "160", "batch": "8"]
do {
  let training = try Training(CommandLine.arguments[1], settings: settings, weightsFolder: CommandLine.arguments[2])
  let end = try training.run { epoch in
    print("epoch \(epoch.epoch): box loss \(epoch.boxLoss), mAP50 \(epoch.map50 ?? 0), stall share \(epoch.stallShare)")
  }
  print("\(end): \(training.bestWeights.lastPathComponent) of \(training.classNames.count) classes")
} catch {
  print(error)
}
