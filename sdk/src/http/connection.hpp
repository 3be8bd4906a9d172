// SPDX-License-Identifier: Apache-2.0
// One connection of the server: bytes in, requests to its Service one after the other, answers out in that order.
#pragma once
#include "http/server.hpp"
#include "runtime/turn.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sumun::http {

class Loop;
class TlsContext;

/// Thread:  its loop's, for everything; its members are the strand.
/// Owner:   its loop, and what it waits for.
/// Ends by: the peer, a limit, `close`, an answer that says so. Then Service::on_gone.
/// Memory:  bytes are read into the loop's own buffer; a connection keeps only what is incomplete.
class Connection final : public std::enable_shared_from_this<Connection>, public TurnEnd {
 public:
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
  using Clock = std::chrono::steady_clock;

  Connection(Loop& loop, Socket socket, std::shared_ptr<TlsContext> tls);
  ~Connection() override;

  // -- for the Service
  boost::asio::any_io_executor executor() const;
  /// The whole answer to the request that was taken last. `fields`: further header lines, each with CR LF.
  void respond(int status, std::string_view type, std::string body, std::string_view fields = {});
  /// 200 and a body that goes on until `end_stream`; comments are put in while it is quiet.
  void open_stream(std::string_view type, std::string_view fields, std::string_view comment);
  void write(std::string_view text);
  void end_stream();
  /// Brings a request that was held back once more.
  void resume();
  /// What was answered and the peer has not taken; any thread.
  std::size_t queued_bytes() const { return queued_.load(std::memory_order_relaxed); }
  /// Ends it: what is queued is still written where that goes quickly.
  void close();
  /// The requests of this connection, counted; says whose answer `respond` would be.
  std::uint64_t request_number() const { return number_; }
  bool answering() const { return state_ == State::answering || state_ == State::streaming; }

  // -- for the loop
  void start();
  /// Answers 503 to whatever comes, and ends.
  void turn_away() { refuse(503, "there are too many connections"); }
  void tick(Clock::time_point now);
  void drain();
  void abort();
  std::size_t place = 0;  // in the loop's list

  void turn_ends() override;

 private:
  enum class State {
    reading,    // between requests or in the middle of one
    held,       // the Service will resume
    answering,  // taken, not answered
    streaming,  // the answer is under way
    lingering,  // the last answer is out; what comes is thrown away
    gone,
  };
  struct Tls;

  void wait_readable();
  void on_readable();
  void on_bytes(std::string_view data);
  void process(std::string_view data);
  void stash(std::string_view data);
  void drop_input();
  void account();
  void finish_exchange();
  void refuse(int status, std::string_view why);
  void send(std::string_view head, std::string body);
  void schedule_flush();
  void flush();
  void flush_tls();
  void written(std::size_t size);
  void wait_writable();
  void begin_end();
  void end();
  bool expired(Clock::time_point now) const { return now >= deadline_; }

  Loop& loop_;
  Socket socket_;
  std::unique_ptr<Tls> tls_;
  std::unique_ptr<Service> service_;
  RequestReader reader_;
  std::string in_;                        // of a request that is not complete, or behind the one being answered
  std::string out_;                       // not taken by the peer yet
  std::size_t out_taken_ = 0;             // of out_
  std::string_view comment_;              // of the stream that is open; static
  std::size_t accounted_ = 0;             // bytes of in_ that the server counts
  std::uint64_t number_ = 0;
  Clock::time_point deadline_;            // of what `state_` waits for
  Clock::time_point write_deadline_;      // while something waits to be written
  Clock::time_point comment_at_;
  std::atomic<std::size_t> queued_{0};
  State state_ = State::reading;
  bool read_waiting_ = false;     // a wait for input is under way
  bool write_waiting_ = false;    // a wait for room, or a write over TLS
  bool flush_scheduled_ = false;
  bool processing_ = false;       // inside process()
  bool resume_posted_ = false;
  bool close_after_ = false;      // the answer under way is the last one
  bool http10_ = false;
  bool no_body_ = false;          // the request was HEAD
  bool in_head_ = false;          // the deadline is that of the headers
  bool in_body_ = false;          // … of the body
  bool input_ended_ = false;
  bool ending_ = false;           // when all is written: linger
};

}  // namespace sumun::http
