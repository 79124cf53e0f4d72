import Foundation
import LinearAlgebra
import SeerSupport

/// Where other threads leave events for the loop: a queue, and a pipe that wakes `poll`.
package final class Mailbox: Sendable {
  private let events = Locked<[Event]>([])
  /// Becomes readable when something was posted, or when a signal arrived.
  let readEnd: Int32
  package let writeEnd: Int32

  package init() throws(Failure) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw Failure(.software, found: "no pipe: \(String(cString: strerror(errno)))")
    }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    readEnd = ends[0]
    writeEnd = ends[1]
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  package func post(_ event: Event) {
    events.withLock { $0.append(event) }
    var byte: UInt8 = 0x21
    // A full pipe wakes the loop just as well.
    _ = write(writeEnd, &byte, 1)
  }

  /// Everything posted so far, in order; empties the pipe.
  package func take() -> [Event] {
    var buffer = [UInt8](repeating: 0, count: 256)
    while read(readEnd, &buffer, buffer.count) > 0 {}
    return events.withLock { events in
      defer { events = [] }
      return events.compactMap { event in
        guard case .from(let outbox, let inner) = event else { return event }
        return outbox.isOpen ? inner : nil
      }
    }
  }

  /// Blocks until something is there; `input` is watched, too, when given. No timers: an idle
  /// screen costs nothing.
  ///
  /// - Parameter milliseconds: -1 waits for ever.
  /// - Returns: whether `input` was closed.
  package func wait(input: Int32? = nil, milliseconds: Int32 = -1) -> Bool {
    var watched = [pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)]
    if let input { watched.append(pollfd(fd: input, events: Int16(POLLIN), revents: 0)) }
    _ = poll(&watched, nfds_t(watched.count), milliseconds)
    guard watched.count > 1 else { return false }
    return watched[1].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0
  }
}

/// A way into a mailbox that can be closed: what comes later is dropped.
package final class Outbox: Sendable {
  private let mailbox: Mailbox
  /// Another way that this one is part of.
  private let outer: Outbox?
  private let isClosed = Locked(false)

  package init(_ mailbox: Mailbox, in outer: Outbox? = nil) {
    self.mailbox = mailbox
    self.outer = outer
  }

  package func post(_ event: Event) { mailbox.post(.from(self, event)) }

  package func close() { isClosed.withLock { $0 = true } }

  /// Asked when the event is taken out: it may have waited while this was closed.
  package var isOpen: Bool { isClosed.withLock { !$0 } && outer?.isOpen ?? true }
}
