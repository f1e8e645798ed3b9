/// The objects of a pickle as a table: an object is a number in it, and nothing is made of any class.
///
/// Lists, tuples and dictionaries are chains of elements in one array. So a memo that names an object twice copies nothing, and a
/// list that holds itself is only a number in its own chain.
struct PickleArena {
  /// An object: its row in the table.
  struct ID: Hashable { fileprivate let index: Int32 }

  /// The bytes of a text in the pickle.
  struct Text {
    fileprivate let start: Int32
    fileprivate let count: Int32

    var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
  }

  /// A list, tuple or dictionary; a dictionary's elements are key, value, key, value, ...
  struct Chain { fileprivate let index: Int32 }

  /// The kind of an object.
  enum Kind {
    case none
    case truth(Bool)
    case int(Int64)
    case float(Double)
    case text(Text)
    case tuple(Chain)
    case list(Chain)
    case dictionary(Chain)
    /// A class or function that the pickle names.
    case global(module: Text, name: Text)
    /// What calling `class` with `arguments` would give; it is never called. Its state and its elements as a dictionary follow later.
    case made(class: ID, arguments: ID, Chain)
    /// What a persistent id stands for: bytes of another entry.
    case persistent(ID)
  }

  private struct Link {
    var first: Int32 = -1
    var last: Int32 = -1
    var count: Int32 = 0
  }

  private var kinds: [Kind] = []
  private var links: [Link] = []
  private var elements: [(value: ID, next: Int32)] = []
  private var states: [ID: ID] = [:]

  /// All objects, in the order in which the pickle makes them.
  var all: some Sequence<ID> { (0..<Int32(kinds.count)).lazy.map(ID.init) }

  /// The kind of an object.
  subscript(_ id: ID) -> Kind { kinds[Int(id.index)] }

  /// The state that a BUILD gave to an object; nil if none did.
  func state(_ id: ID) -> ID? { states[id] }

  /// The number of elements.
  func count(_ chain: Chain) -> Int { Int(links[Int(chain.index)].count) }

  /// The elements in order.
  func values(_ chain: Chain) -> some Sequence<ID> {
    sequence(state: links[Int(chain.index)].first) { next -> ID? in
      guard next >= 0 else { return nil }
      let element = elements[Int(next)]
      next = element.next
      return element.value
    }
  }

  // MARK: - Making

  /// Adds an object. Throws if there are too many.
  mutating func add(_ kind: Kind) throws(CheckpointFault) -> ID {
    guard kinds.count < PickleLimits.objects else {
      throw CheckpointFault("makes more than \(PickleLimits.objects) objects")
    }
    kinds.append(kind)
    return ID(index: Int32(kinds.count - 1))
  }

  /// A text at `range` of the pickle.
  func text(_ range: Range<Int>) -> Text { Text(start: Int32(range.lowerBound), count: Int32(range.count)) }

  /// An empty chain.
  mutating func chain() -> Chain {
    links.append(Link())
    return Chain(index: Int32(links.count - 1))
  }

  /// Appends elements to a chain. Throws if there are too many.
  mutating func append(_ values: some Sequence<ID>, to chain: Chain) throws(CheckpointFault) {
    for value in values {
      guard elements.count < PickleLimits.elements else {
        throw CheckpointFault("has more than \(PickleLimits.elements) elements in its lists")
      }
      let place = Int32(elements.count)
      elements.append((value, -1))
      let last = links[Int(chain.index)].last
      if last >= 0 { elements[Int(last)].next = place } else { links[Int(chain.index)].first = place }
      links[Int(chain.index)].last = place
      links[Int(chain.index)].count += 1
    }
  }

  /// Keeps the state of an object. False if it has one already.
  mutating func setState(_ state: ID, of id: ID) -> Bool { states.updateValue(state, forKey: id) == nil }
}
