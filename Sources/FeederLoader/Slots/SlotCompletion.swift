/// Waits until a device has read a slot. Another room conforms an event to it, so this room needs no device.
package protocol SlotCompletion: Sendable {
  /// Waits, on a thread of the loader, until the device no longer needs the slot. Throws the device's error.
  func wait() throws
}
