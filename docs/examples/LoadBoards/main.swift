// Prints the mean brightness and the number of boxes of two training epochs: swift run -c release LoadBoards DATA
import FeederData

guard CommandLine.arguments.count == 2 else { fatalError("usage: LoadBoards DATA, a data.yaml or its folder") }
var options = DataOptions()
options.batch = 8
options.imageSize = 320
let loader = try DataLoader(CommandLine.arguments[1], options)
for epoch in 0..<2 {
  loader.startEpoch(epoch)
  var (sum, count, boxCount) = (0, 0, 0)
  while let batch = try loader.nextBatch() {
    batch.withPixels { pixels in
      sum += pixels.reduce(0) { $0 + Int($1) }
      count += pixels.count
    }
    boxCount += batch.boxes.count
  }
  let mean = Double(sum) / Double(count)
  print("epoch \(epoch): mean \(mean), \(boxCount) boxes, stream \(String(loader.streamHash, radix: 16))")
}
