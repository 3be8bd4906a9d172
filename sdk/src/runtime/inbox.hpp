// SPDX-License-Identifier: Apache-2.0
// Hands values from any thread to one strand. The strand is woken only when the inbox was empty, so that two
// hundred results of workers cost one wake-up and are handled in one turn.
#pragma once
#include "runtime/turn.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace sumun {
inline namespace v0 {

/// Thread:  `push` any; `close`, the destructor and the handler on the strand that `executor` names.
/// Owner:   the session; values pushed after its end are destroyed by the pusher.
/// Ends by: `close()` or destruction, after which the handler is not called any more (not even for what waits).
/// Keeps:   values in the order of their arrival. The handler runs inside a Turn: what it sends leaves in one write.
template <class T>
class Inbox {
  struct Shared;

 public:
  using Handler = std::function<void(T)>;

  Inbox(boost::asio::any_io_executor executor, Handler handler)
      : shared_(std::make_shared<Shared>(std::move(executor), std::move(handler))) {}
  ~Inbox() { close(); }
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  /// Pushes from any thread while the inbox itself may already be gone: copy it into the job.
  class Sender {
   public:
    void push(T value) const { Shared::push(shared_, std::move(value)); }

   private:
    friend class Inbox;
    explicit Sender(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
    std::shared_ptr<Shared> shared_;
  };

  Sender sender() const { return Sender(shared_); }
  void push(T value) { Shared::push(shared_, std::move(value)); }
  void close() { shared_->close(); }

 private:
  struct Shared {
    Shared(boost::asio::any_io_executor to, Handler with) : executor(std::move(to)), handler(std::move(with)) {}

    static void push(const std::shared_ptr<Shared>& self, T value) {
      bool wake = false;
      {
        std::lock_guard lock(self->mutex);
        if (self->closed) return;
        self->values.push_back(std::move(value));
        wake = !std::exchange(self->scheduled, true);
      }
      if (wake) boost::asio::post(self->executor, [self] { drain(self); });
    }

    // One batch; what arrives meanwhile is the next turn's, so that the strand's other work gets its share.
    static void drain(const std::shared_ptr<Shared>& self) {
      std::vector<T> batch;
      {
        std::lock_guard lock(self->mutex);
        batch.swap(self->spare);
        batch.swap(self->values);
      }
      {
        Turn turn;
        self->draining = true;
        for (T& value : batch) {
          if (self->closed_here) break;
          self->handler(std::move(value));
        }
        self->draining = false;
      }
      if (self->closed_here) self->handler = nullptr;
      batch.clear();
      bool more = false;
      {
        std::lock_guard lock(self->mutex);
        if (batch.capacity() <= kKeep) self->spare.swap(batch);
        more = !self->closed && !self->values.empty();
        self->scheduled = more;
      }
      if (more) boost::asio::post(self->executor, [self] { drain(self); });
    }

    void close() {
      closed_here = true;
      if (!draining) handler = nullptr;
      std::vector<T> dropped;
      std::lock_guard lock(mutex);
      closed = true;
      dropped.swap(values);
    }

    static constexpr std::size_t kKeep = 1024;  // slots kept between batches
    boost::asio::any_io_executor executor;
    Handler handler;           // strand only
    bool closed_here = false;  // strand only: the loop over a batch sees a close at once
    bool draining = false;     // strand only: the handler runs and cannot be destroyed
    std::mutex mutex;
    std::vector<T> values;   // under mutex, like the rest
    std::vector<T> spare;    // an empty one with its memory
    bool scheduled = false;  // true while a drain is posted or running
    bool closed = false;
  };

  std::shared_ptr<Shared> shared_;
};

}  // namespace v0
}  // namespace sumun
