/// The CSV of TensorFlow's object detection, as Roboflow's "Tensorflow Object Detection" exports it: a row per box, edges in pixels, with
/// the size of the image.
enum TensorFlowCSV: BoxTable {
  static let name = "tf-csv"
  static let columns = BoxTableColumns(
    image: "filename", className: "class", edges: ["xmin", "ymin", "xmax", "ymax"], size: ["width", "height"])
}
