import ArgumentParser
import FeederDetection

/// The flags of `feeder train`. Values are text here and are read by `RunArguments`, which reads YAML files the same way, so a
/// wrong value gives the same line wherever it stands.
struct TrainOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "One of \(ModelDesign.names). (default: yolov8n)")
  var model: String?
  @Option(parsing: .unconditional, help: "Passes over the data. (default: 100)")
  var epochs: String?
  @Option(parsing: .unconditional, help: "Images of a step, or auto: the most that fit. (default: 16)")
  var batch: String?
  @Option(parsing: .unconditional, help: "Side of the network's input in pixels, a multiple of 32. (default: 640)")
  var imageSize: String?
  @Option(
    parsing: .unconditional,
    help: "auto, fp32, tf32, fp16 or bf16; auto is fp32 on the CPU and goes by a trial on a GPU. (default: auto)")
  var precision: String?
  @Option(
    parsing: .unconditional, help: "auto, cpu, cuda:0, or several as in cuda:0,cuda:1: one rank each. (default: auto)")
  var device: String?
  @Option(
    parsing: .unconditional,
    help: "Processes on this machine that train as one and share each batch. (default: one, or one for each device)")
  var ranks: String?
  @Flag(
    help: "Norms use the images of all ranks, in float64: N ranks compute what one does. Takes more time and memory.")
  var syncBn = false
  @Option(
    parsing: .unconditional,
    help:
      "Bytes for slots and scratch of the loader, such as 2GiB. (default: a quarter of what is available, at most 2GiB)"
  )
  var memory: String?
  @Option(parsing: .unconditional, help: "Seed of weights, order and augmentation. (default: 0)")
  var seed: String?
  @Option(
    parsing: .unconditional,
    help: "Kernels that give equal bytes from run to run on a GPU: true or false. (default: true)")
  var deterministic: String?
  @Option(
    parsing: .unconditional, help: "auto, sgd or adamw; auto also sets the rate and the momentum. (default: auto)")
  var optimizer: String?
  @Option(parsing: .unconditional, help: "First learning rate. (default: 0.01)")
  var lr0: String?
  @Option(parsing: .unconditional, help: "Share of lr0 that the rate falls towards. (default: 0.01)")
  var lrf: String?
  @Option(parsing: .unconditional, help: "Momentum of SGD, first beta of AdamW. (default: 0.937)")
  var momentum: String?
  @Option(parsing: .unconditional, help: "Weight decay on convolution weights. (default: 0.0005)")
  var weightDecay: String?
  @Option(parsing: .unconditional, help: "Epochs of warm-up. (default: 3)")
  var warmupEpochs: String?
  @Option(parsing: .unconditional, help: "Momentum at the first batch (SGD). (default: 0.8)")
  var warmupMomentum: String?
  @Option(parsing: .unconditional, help: "Rate of biases at the first batch. (default: 0.1)")
  var warmupBiasLr: String?
  @Flag(help: "Half a cosine instead of a line.")
  var cosLr = false
  @Option(parsing: .unconditional, help: "Images that an update sees at least. (default: 64)")
  var nominalBatch: String?
  @Option(parsing: .unconditional, help: "Last epochs without mosaic. (default: 10)")
  var closeMosaic: String?
  @Option(parsing: .unconditional, help: "Epochs without a better result after which to stop; 0 never. (default: 100)")
  var patience: String?
  @Option(
    parsing: .unconditional,
    help:
      "Detections per image that validation keeps. (default: the larger of 300 and the most boxes of an image of the data)"
  )
  var maxDetections: String?
  @Option(parsing: .unconditional, help: "Weights to start from; layers of other shapes start anew.")
  var weights: String?
  @Option(parsing: .unconditional, help: "Largest relative change of hue. (default: 0.015)")
  var hsvH: String?
  @Option(parsing: .unconditional, help: "Largest relative change of saturation. (default: 0.7)")
  var hsvS: String?
  @Option(parsing: .unconditional, help: "Largest relative change of brightness. (default: 0.4)")
  var hsvV: String?
  @Option(parsing: .unconditional, help: "Largest shift, as a share of the image size. (default: 0.1)")
  var translate: String?
  @Option(parsing: .unconditional, help: "Largest change of scale. (default: 0.5)")
  var scale: String?
  @Option(parsing: .unconditional, help: "Probability of a horizontal flip. (default: 0.5)")
  var fliplr: String?
  @Option(parsing: .unconditional, help: "Probability of a vertical flip. (default: 0)")
  var flipud: String?
  @Option(parsing: .unconditional, help: "Largest rotation either way, in degrees. (default: 0)")
  var degrees: String?
  @Option(parsing: .unconditional, help: "Largest shear either way, in degrees. (default: 0)")
  var shear: String?
  @Option(parsing: .unconditional, help: "Largest perspective either way, 0 to 0.001. (default: 0)")
  var perspective: String?
  @Option(parsing: .unconditional, help: "Probability of a mosaic of four images. (default: 1)")
  var mosaic: String?
  @Option(parsing: .unconditional, help: "auto, jpeg, pixels or none. (default: auto)")
  var cache: String?
  @Option(parsing: .unconditional, help: "Folder of cache files.")
  var cacheDir: String?
  @Option(parsing: .unconditional, help: "auto, 1 or 3. (default: auto)")
  var channels: String?
  @Flag(help: "Leave bad label lines out and count them, instead of refusing the data set.")
  var skipBadLabels = false
  @Option(parsing: .unconditional, help: "Steps between checkpoints inside an epoch; 0 for none. (default: 0)")
  var checkpointEvery: String?
  @Option(
    parsing: .unconditional, help: "Steps after which to write a checkpoint and leave; 0 for no limit. (default: 0)")
  var stopAfterSteps: String?
  @Option(parsing: .unconditional, help: "Threads of one engine operator. (default: all cores)")
  var engineThreads: String?
  @Option(parsing: .unconditional, help: "Threads that fill batches. (default: all cores but one)")
  var workers: String?
  @Option(parsing: .unconditional, help: "Batches made ahead of the step. (default: 4)")
  var prefetch: String?
  @Option(parsing: .unconditional, help: "Draw pictures and write report.html: true or false. (default: true)")
  var plots: String?
  @Option(
    parsing: .unconditional, help: "Write TensorBoard's events into the run folder: true or false. (default: false)")
  var tensorboard: String?

  /// What was given, by the key that a YAML file uses.
  var given: [String: String] {
    let all: [String: String?] = [
      "model": model, "epochs": epochs, "batch": batch, "image_size": imageSize, "precision": precision,
      "device": device, "ranks": ranks, "sync_bn": syncBn ? "true" : nil, "memory": memory, "seed": seed,
      "deterministic": deterministic,
      "optimizer": optimizer, "lr0": lr0, "lrf": lrf,
      "momentum": momentum, "weight_decay": weightDecay, "warmup_epochs": warmupEpochs,
      "warmup_momentum": warmupMomentum, "warmup_bias_lr": warmupBiasLr, "cos_lr": cosLr ? "true" : nil,
      "nominal_batch": nominalBatch, "close_mosaic": closeMosaic, "patience": patience, "max_detections": maxDetections,
      "weights": weights,
      "hsv_h": hsvH, "hsv_s": hsvS, "hsv_v": hsvV, "translate": translate, "scale": scale, "fliplr": fliplr,
      "flipud": flipud, "degrees": degrees, "shear": shear, "perspective": perspective,
      "mosaic": mosaic, "cache": cache, "cache_dir": cacheDir, "channels": channels,
      "skip_bad_labels": skipBadLabels ? "true" : nil,
      "checkpoint_every": checkpointEvery, "stop_after_steps": stopAfterSteps, "engine_threads": engineThreads,
      "workers": workers, "prefetch": prefetch, "plots": plots, "tensorboard": tensorboard,
    ]
    return all.compactMapValues { $0 }
  }
}
