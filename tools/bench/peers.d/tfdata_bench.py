"""tf.data: map with parallel calls, batch, prefetch. Decoding with the accurate transform, as everybody else does."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf

import measure


def finished(data, options):
    settings = tf.data.Options()
    settings.threading.private_threadpool_size = options.threads
    settings.autotune.enabled = False
    batches = iter(data.batch(options.batch, drop_remainder=True).prefetch(2).with_options(settings))
    return batches, lambda batch: int(batch.shape[0])


def jpegs(options):
    contents = measure.image_bytes(options.folder)
    return tf.data.Dataset.from_tensor_slices(contents).shuffle(len(contents), seed=0).repeat()


def read(options):
    return lambda jpeg: tf.io.decode_jpeg(jpeg, channels=options.channels, dct_method="INTEGER_ACCURATE")


def decode(options):
    return finished(jpegs(options).map(read(options), num_parallel_calls=options.threads), options)


def letterbox(options):
    decoded, side = read(options), options.image_size

    def fit(jpeg):
        return tf.cast(tf.image.resize_with_pad(decoded(jpeg), side, side), tf.uint8)

    return finished(jpegs(options).map(fit, num_parallel_calls=options.threads), options)


def cached(options):
    decoded = read(options)
    images = tf.stack([decoded(each) for each in measure.image_bytes(options.folder)])
    count = int(images.shape[0])
    settings = tf.data.Options()
    settings.threading.private_threadpool_size = options.threads
    settings.autotune.enabled = False
    order = tf.data.Dataset.range(count).shuffle(count, seed=0).repeat().batch(options.batch, drop_remainder=True)
    gathered = order.map(lambda indices: tf.gather(images, indices), num_parallel_calls=options.threads)
    return iter(gathered.prefetch(2).with_options(settings)), lambda batch: int(batch.shape[0])


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(measure.arguments().threads)
    measure.main(
        f"tensorflow {tf.__version__}", {"decode": decode, "letterbox": letterbox, "cached": cached})
