/// Says when a device has read a slot. An event conforms to it in another room, so that this one needs no device.
package protocol SlotCompletion: Sendable {
  /// Waits, on a thread of the loader's, until the device needs the slot no more. Throws what went wrong on the device.
  func wait() throws
}
