/// Collects the nodes and constants of a graph, each under a name of its own. A constant that is there already is not
/// written again.
final class GraphBuilder {
  private(set) var graph = ONNXGraph()
  private var constants: Set<String> = []
  private var counts: [String: Int] = [:]

  /// Adds a node and gives the names of its outputs: `name`, or `name.0`, `name.1`, ... if there are several. Without a
  /// `name` it gets the operator's and a number.
  func add(
    _ operation: String, _ inputs: [String], name: String? = nil, outputs count: Int = 1,
    with attributes: [String: ONNXNode.Attribute] = [:]
  ) -> [String] {
    let name = name ?? "\(operation)_\(counts[operation, default: 0])"
    counts[operation, default: 0] += 1
    let outputs = count == 1 ? [name] : (0..<count).map { "\(name).\($0)" }
    graph.nodes.append(
      ONNXNode(name: name, operation: operation, inputs: inputs, outputs: outputs, attributes: attributes))
    return outputs
  }

  /// Adds a node with one output and gives its name.
  func add(
    _ operation: String, _ inputs: String..., name: String? = nil, with attributes: [String: ONNXNode.Attribute] = [:]
  ) -> String { add(operation, inputs, name: name, with: attributes)[0] }

  /// Floats in row-major order.
  func floats(_ name: String, _ values: [Float], _ shape: [Int]) -> String {
    constant(name) { ONNXTensor(name, values, shape) }
  }

  /// One float.
  func float(_ name: String, _ value: Float) -> String { floats(name, [value], []) }

  /// A list of integers, named after its values.
  func list(_ values: [Int]) -> String {
    let name = "list." + values.map(String.init).joined(separator: ".")
    return constant(name) { ONNXTensor(name, values, [values.count]) }
  }

  /// One integer, named after its value.
  func integer(_ value: Int) -> String {
    let name = "integer.\(value)"
    return constant(name) { ONNXTensor(name, [value], []) }
  }

  /// The input `name` of the graph.
  func input(_ name: String, _ element: ONNXElement, _ shape: [ONNXValue.Extent]) -> String {
    graph.inputs.append(ONNXValue(name: name, element: element, shape: shape))
    return name
  }

  /// Makes `value`, which no node reads, the output `name` of the graph, a tensor of floats.
  func output(_ value: String, as name: String, _ shape: [ONNXValue.Extent]) {
    for node in graph.nodes.indices {
      precondition(!graph.nodes[node].inputs.contains(value), "a value that a node reads keeps its name")
      for place in graph.nodes[node].outputs.indices where graph.nodes[node].outputs[place] == value {
        graph.nodes[node].outputs[place] = name
      }
    }
    graph.outputs.append(ONNXValue(name: name, element: .float, shape: shape))
  }

  /// Names the graph and gives it.
  func finished(called name: String) -> ONNXGraph {
    graph.name = name
    return graph
  }

  private func constant(_ name: String, _ make: () -> ONNXTensor) -> String {
    if constants.insert(name).inserted { graph.constants.append(make()) }
    return name
  }
}
