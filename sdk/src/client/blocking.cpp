// SPDX-License-Identifier: Apache-2.0
// A client whose calls block: an event loop on a thread of its own, and a desk where the waiting callers find what is to
// be asked of the person.
#include <sumun/client.hpp>

#include "client/session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <thread>

namespace sumun {
inline namespace v0 {
namespace {

using boost::asio::awaitable;

/// Jobs that a waiting caller does, so that handlers run on the callers' threads.
/// Thread: any. Owner: the loop and the questions that are open.
class Desk {
 public:
  void put(std::function<void()> job) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    changed_.notify_all();
  }
  void wake() {
    { const std::lock_guard lock(mutex_); }
    changed_.notify_all();
  }
  /// Does jobs until `done` says so.
  template <class Done>
  void work_until(Done done) {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return done() || !jobs_.empty(); });
      if (done()) return;
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      lock.lock();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
};

template <class T>
struct Slot {
  std::optional<Result<T>> value;  // loop's thread only
};

// Runs `job` on a waiting caller's thread and waits for what it gives.
template <class T>
awaitable<Result<T>> at_desk(std::shared_ptr<Desk> desk, std::function<Result<T>()> job) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto bell = std::make_shared<client::Bell>(executor);
  const auto slot = std::make_shared<Slot<T>>();
  desk->put([executor, bell, slot, job = std::move(job)] {
    Result<T> result = fail("the handler failed");
    try {
      result = job();
    } catch (const std::exception& thrown) {
      result = fail(std::string("the handler failed: ") + thrown.what());
    }
    boost::asio::post(executor, [bell, slot, result = std::move(result)]() mutable {
      slot->value = std::move(result);
      bell->ring();
    });
  });
  while (!slot->value) {
    co_await bell->listen(client::Instant::max());
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) co_return fail(ErrorCode::cancelled, "the question was cancelled");
  }
  co_return *std::move(slot->value);
}

template <class T, class Params>
std::function<awaitable<Result<T>>(Params)> through(std::shared_ptr<Desk> desk, std::function<Result<T>(Params)> handler) {
  if (!handler) return {};
  return [desk = std::move(desk), handler = std::move(handler)](Params params) {
    return at_desk<T>(desk, [handler, params = std::move(params)] { return handler(params); });
  };
}

ClientHandlers through(const std::shared_ptr<Desk>& desk, PlainHandlers plain, ClientHandlers handlers) {
  if (plain.elicit_form) handlers.elicit_form = through(desk, std::move(plain.elicit_form));
  if (plain.elicit_url) handlers.elicit_url = through(desk, std::move(plain.elicit_url));
  if (plain.sample) handlers.sample = through(desk, std::move(plain.sample));
  if (plain.list_roots) {
    handlers.list_roots = [desk, handler = std::move(plain.list_roots)] { return at_desk<ListRootsResult>(desk, handler); };
  }
  return handlers;
}

}  // namespace

/// Thread: `run` any; the rest its owner's. Ends by: the destructor, which closes, then stops the loop and joins.
class BlockingClient::Loop {
 public:
  Loop() : work_(boost::asio::make_work_guard(context_)), desk_(std::make_shared<Desk>()), thread_([this] { context_.run(); }) {}

  ~Loop() {
    close();
    on_loop([this] { client_.reset(); });
    on_loop([] {});  // what the client has posted is done
    work_.reset();
    context_.stop();
    thread_.join();
  }

  Result<void> connect(const TransportFactory& open, ClientOptions options, const PlainHandlers& handlers) {
    options.handlers = through(desk_, handlers, std::move(options.handlers));
    std::optional<Error> failure;
    on_loop([&] {
      client_.reset();
      Result<std::unique_ptr<Transport>> transport = fail("no channel");
      try {
        transport = open(context_.get_executor());
      } catch (const std::exception& thrown) {
        transport = fail(thrown.what());
      }
      if (transport) client_ = std::make_unique<Client>(context_.get_executor(), *std::move(transport), std::move(options));
      else failure = transport.error();
    });
    if (failure) return *std::move(failure);
    opened_ = true;
    auto described = run([](Client& client) { return client.connect(); });
    if (!described) return described.error();
    server_ = *std::move(described);
    return {};
  }

  /// Runs one call on the loop and waits for it, doing what comes to the desk meanwhile.
  template <class Call>
  auto run(Call call) -> typename std::invoke_result_t<Call, Client&>::value_type {
    using R = typename std::invoke_result_t<Call, Client&>::value_type;
    struct State {
      std::atomic<bool> done = false;
      std::optional<R> result;
    };
    const auto state = std::make_shared<State>();
    const auto desk = desk_;
    boost::asio::post(context_, [this, state, desk, call = std::move(call)]() mutable {
      boost::asio::co_spawn(context_, call(*client_), [state, desk](std::exception_ptr thrown, R result) {
        state->result = thrown ? R(described(thrown)) : std::move(result);
        state->done = true;
        desk->wake();
      });
    });
    desk_->work_until([&] { return state->done.load(); });
    return *std::move(state->result);
  }

  void close() {
    if (opened_) (void)run([](Client& client) { return closing(client); });
  }

  const ServerDescription& server() const { return server_; }

 private:
  static awaitable<Result<void>> closing(Client& client) {
    co_await client.close();
    co_return Result<void>();
  }

  static Error described(const std::exception_ptr& thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& exception) {
      return fail(ErrorCode::internal_error, exception.what());
    }
  }

  // The client lives on the loop's thread: it is made and destroyed there.
  template <class F>
  void on_loop(F work) {
    std::promise<void> done;
    boost::asio::post(context_, [&] {
      try {
        work();
        done.set_value();
      } catch (...) {
        done.set_exception(std::current_exception());
      }
    });
    done.get_future().get();
  }

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::shared_ptr<Desk> desk_;
  std::unique_ptr<Client> client_;
  ServerDescription server_;
  bool opened_ = false;  // true once there is a client
  std::thread thread_;
};

Result<BlockingClient> BlockingClient::connect(TransportFactory open, ClientOptions options, PlainHandlers handlers) {
  auto loop = std::make_unique<Loop>();
  auto connected = loop->connect(open, options, handlers);
  if (!connected && connected.error().code == ErrorCode::closed && !options.revision && options.opening == ClientOptions::Opening::discover) {
    // Some legacy servers end themselves at a request that comes before initialize.
    auto again = std::make_unique<Loop>();
    options.opening = ClientOptions::Opening::initialize;
    auto second = again->connect(open, options, handlers);
    if (second) {
      loop = std::move(again);
      connected = Result<void>();
    }
  }
  if (!connected) return connected.error();
  return BlockingClient(std::move(loop));
}

BlockingClient::BlockingClient(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
BlockingClient::BlockingClient(BlockingClient&&) noexcept = default;
BlockingClient& BlockingClient::operator=(BlockingClient&&) noexcept = default;
BlockingClient::~BlockingClient() = default;

const ServerDescription& BlockingClient::server() const { return loop_->server(); }

Result<std::vector<Tool>> BlockingClient::all_tools(RequestOptions options) {
  return loop_->run([&](Client& client) { return client.all_tools(options); });
}
Result<std::vector<Resource>> BlockingClient::all_resources(RequestOptions options) {
  return loop_->run([&](Client& client) { return client.all_resources(options); });
}
Result<std::vector<ResourceTemplate>> BlockingClient::all_resource_templates(RequestOptions options) {
  return loop_->run([&](Client& client) { return client.all_resource_templates(options); });
}
Result<std::vector<Prompt>> BlockingClient::all_prompts(RequestOptions options) {
  return loop_->run([&](Client& client) { return client.all_prompts(options); });
}
Result<CallToolResult> BlockingClient::call_tool(CallToolRequestParams params, RequestOptions options) {
  return loop_->run([&](Client& client) { return client.call_tool(std::move(params), options); });
}
Result<ReadResourceResult> BlockingClient::read_resource(ReadResourceRequestParams params, RequestOptions options) {
  return loop_->run([&](Client& client) { return client.read_resource(std::move(params), options); });
}
Result<GetPromptResult> BlockingClient::get_prompt(GetPromptRequestParams params, RequestOptions options) {
  return loop_->run([&](Client& client) { return client.get_prompt(std::move(params), options); });
}
Result<CompleteResult> BlockingClient::complete(CompleteRequestParams params, RequestOptions options) {
  return loop_->run([&](Client& client) { return client.complete(std::move(params), options); });
}
Result<void> BlockingClient::ping(RequestOptions options) {
  return loop_->run([&](Client& client) { return client.ping(options); });
}
Result<json> BlockingClient::request(std::string method, json params, RequestOptions options) {
  return loop_->run([&](Client& client) { return client.request(std::move(method), std::move(params), options); });
}
void BlockingClient::close() { loop_->close(); }

}  // namespace v0
}  // namespace sumun
