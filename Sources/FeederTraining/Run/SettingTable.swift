import FeederCache
import FeederCodecs
import FeederCore
import FeederDetection
import FeederLoader
import FeederMetrics

/// Every setting of a run, once. Flags, YAML files, args.yaml, the rules of `--resume` and docs/settings.md are made
/// from this table.
package enum SettingTable {
  /// Far above the counts of any run, yet their sums do not overflow.
  private static let most = 1_000_000_000
  private static let otherMachine = "the machine may be another one"
  private static let sameBatches = "how fast batches are filled; the batches stay the same"

  /// The settings, in the order of the help and of args.yaml.
  package static let all: [Setting<TrainingRequest>] =
    learning + AugmentationSettings.table.map { $0.inside(\.augmentation) } + images
    + LevelOptions.table.map { $0.inside(\.levels) } + process

  /// What the network learns, and how.
  private static let learning: [Setting<TrainingRequest>] =
    [
      Setting("model", \.model, model, help: "One of \(ModelDesign.names)."),
      Setting(
        "epochs", \.epochs, .range(1...1_000_000, "epochs"), mayChange: "how far the run goes",
        help: "Passes over the data."),
      Setting(
        "batch", \.batch, batch, help: "Images per step, or auto: the most that fit."),
      Setting(
        "image_size", \.imageSize,
        .number(SettingLine(ModelDesign.sides)) { ModelDesign.takes(side: $0) },
        help: "Side of the network's input in pixels, a multiple of 32."),
      Setting(
        "precision", \.precision, .choice,
        mayChange: "what to do when float16 overflows; the loss scale starts again",
        help: "auto, fp32, tf32, fp16 or bf16; auto is fp32 on the CPU; on a GPU, a trial decides."),
      Setting(
        "device", \.device, SettingKind("auto, cpu or cuda:0, or several between commas", parse: { $0 }),
        mayChange: otherMachine, help: "auto, cpu, cuda:0, or several as in cuda:0,cuda:1: one rank each."),
      Setting(
        "ranks", \.ranks, SettingKind<Int>.range(1...256, "processes").optional(),
        default: "one, or one per device",
        mayChange: "the machine may be another one; the batch stays the batch of all ranks together",
        help: "Processes on this machine that train as one and share each batch."),
      Setting(
        "sync_bn", \.syncsNorms, .flag,
        help:
          "Norms use the images of all ranks, in float64: N ranks compute what one would. Takes more time and memory."),
      Setting(
        "memory", \.memory, memory.optional(), default: "a quarter of what is available, at most 2GiB",
        mayChange: "how much memory the loader takes", help: "Bytes for slots and scratch of the loader, such as 2GiB."),
      Setting(
        "seed", \.seed, .range(0...UInt64.max).words("a whole number from 0 to \(UInt64.max)"),
        help: "Seed of weights, order and augmentation."),
      Setting(
        "deterministic", \.deterministic, .truth,
        mayChange: "how fast a GPU computes; sums are rounded in another order",
        help: "Kernels that give equal bytes from run to run on a GPU: true or false."),
      Setting(
        "optimizer", \.optimizer, .choice,
        help: "auto, sgd or adamw; auto also sets the learning rate and the momentum."),
      Setting(
        "lr0", \.lr0, .number("a rate above 0 and below 100, such as 0.01") { $0 > 0 && $0 < 100 },
        help: "Initial learning rate."),
      Setting("lrf", \.lrf, .share(0...1), help: "Share of lr0 that the learning rate approaches."),
      Setting("momentum", \.momentum, belowOne, help: "Momentum of SGD, first beta of AdamW."),
      Setting("weight_decay", \.weightDecay, belowOne, help: "Weight decay on convolution weights."),
      Setting("warmup_epochs", \.warmupEpochs, .range(0...1_000_000, "epochs"), help: "Epochs of warm-up."),
      Setting("warmup_momentum", \.warmupMomentum, belowOne, help: "Momentum at the first batch (SGD)."),
      Setting(
        "warmup_bias_lr", \.warmupBiasRate, .number("a rate from 0 to below 100") { $0 >= 0 && $0 < 100 },
        help: "Learning rate of biases at the first batch."),
      Setting("cos_lr", \.cosine, .flag, help: "Lower the learning rate by half a cosine instead of a line."),
      Setting(
        "nominal_batch", \.nominalBatch, .range(1...65_536, "images"),
        help: "Images per update; smaller batches are accumulated."),
      Setting(
        "close_mosaic", \.closeMosaic, .range(0...1_000_000, "epochs"), help: "Number of last epochs without mosaic."),
      Setting(
        "patience", \.patience, .range(0...1_000_000, "epochs"), mayChange: "when the run stops",
        help: "Epochs without a better result after which to stop; 0: never."),
      Setting(
        "max_detections", \.maxDetections, DetectionBound.counts.optional("auto"),
        default: "the larger of 300 and the most boxes on one image",
        help: "Detections per image that validation keeps."),
      Setting(
        "weights", \.startWeights, .path,
        help:
          "Weights to start from, .safetensors or .pt; layers with other shapes and classes with other names start at random."
      ),
    ]

  /// How images are kept.
  private static let images: [Setting<TrainingRequest>] =
    [
      Setting(
        "tile", \.tile, TileChoice.kind, default: "off",
        help: "Cut boards in tiles at full resolution: off, auto or the side of a tile in pixels."),
      Setting(
        "tile_overlap", \.tileOverlap, SettingKind<Double>.share(Tiling.overlaps).optional(),
        default: "\(Tiling.defaultOverlap)",
        help: "Least overlap of neighbouring tiles in validation, as a share of their side."),
      Setting(
        "largest_image", \.largestImage, SettingKind<Int>.range(1...65_500 * 65_500, "pixels").optional(),
        default: "\(ImageLimits.standard.pixelCount)", mayChange: "which files are refused",
        help: "Most pixels of an image that is read; larger ones are refused."),
      Setting(
        "tile_empty", \.tileEmpty, SettingKind<Double>.share(0...1).optional(),
        default: "as many as tiles with boxes, at least 0.1",
        help: "Tiles without boxes that an epoch trains on, as a share of all tiles."),
      Setting(
        "cache", \.cache, .choice, mayChange: "how images are kept; every form gives the same pixels",
        help: "auto, jpeg, pixels or none."),
      Setting("cache_dir", \.cacheFolder, .path, mayChange: "where images are kept", help: "Folder of cache files."),
      Setting(
        "channels", \.channels, SourceOptions.channelCounts, help: "auto, 1 or 3."),
    ]

  /// Labels, and what the process does.
  private static let process: [Setting<TrainingRequest>] =
    [
      Setting(
        "skip_bad_labels", \.skipsBadLabels, .flag,
        help: "Leave bad label lines out and count them, instead of refusing the data set."),
      Setting(
        "checkpoint_every", \.checkpointEvery, .range(0...most, "steps"),
        mayChange: "how much work a power cut may cost", help: "Steps between checkpoints inside an epoch; 0 for none."),
      Setting(
        "stop_after_steps", \.stopAfterSteps, .range(0...most, "steps"), mayChange: "when this process stops",
        help: "Steps after which to write a checkpoint and exit; 0 for no limit."),
      Setting(
        "engine_threads", \.engineThreads, LoaderSettings.threads.optional(), default: "all cores",
        mayChange: "the machine may be another one; sums are rounded in another order",
        help: "Threads of one engine operator."),
      Setting(
        "workers", \.workers, LoaderSettings.threads.optional(), default: "all cores but one",
        mayChange: sameBatches, help: "Threads that fill batches."),
      Setting(
        "prefetch", \.prefetch, LoaderSettings.depths.optional(),
        default: "\(LoaderSettings.defaultPrefetchDepth)", mayChange: sameBatches,
        help: "Batches filled ahead of the consumer."),
      Setting(
        "plots", \.plots, .truth, mayChange: "what is drawn beside the run",
        help: "Draw pictures and write report.html: true or false."),
      Setting(
        "tensorboard", \.tensorboard, .truth, mayChange: "what is written beside the run",
        help: "Write TensorBoard event files into the run folder: true or false."),
    ]

  /// The setting with the key `key`; nil if there is none.
  package static func setting(_ key: String) -> Setting<TrainingRequest>? { byKey[key] }

  private static let byKey = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })

  private static let batch = LoaderSettings.batches.words("\(LoaderSettings.batches.allowed), or auto").optional("auto")

  private static let belowOne = SettingKind<Double>.number("a number from 0 to below 1") { $0 >= 0 && $0 < 1 }

  private static let model = SettingKind<ModelDesign>(
    SettingLine("one of " + ModelDesign.names)
      + "; weights to start from go to \(setting: "weights")",
    parse: { ModelDesign(named: $0) }, text: { $0.name })

  /// The kind of a number of bytes, such as 2GiB.
  package static let memory = SettingKind<Int>(
    "a number of bytes above 0, such as 2GiB",
    parse: { text in
      if ByteCount.isTooLarge(text) { throw SettingError("\(setting: "memory") \(text): it is too large") }
      return ByteCount(text: text)?.bytes
    }, allows: { $0 > 0 })
}
