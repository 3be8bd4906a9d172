// SPDX-License-Identifier: Apache-2.0
// The stdio transport over pipes, sockets, files and terminals; the test plays the peer on the other ends.
#include "transport/stdio_transport.hpp"

#include "runtime/descriptor_io.hpp"
#include "runtime/turn.hpp"
#include "support.hpp"

#include <doctest/doctest.h>
#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace sumun;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

bool is_nonblocking(int fd) { return (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0; }

struct Pipe {
  UniqueFd read;
  UniqueFd write;
  Pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
};

struct Sockets {
  UniqueFd ours;
  UniqueFd theirs;
  Sockets() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
  }
};

void put(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    REQUIRE(written > 0);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

// What is there now, without waiting.
std::string take(int fd) {
  std::string text;
  char buffer[65536];
  for (;;) {
    pollfd asked{fd, POLLIN, 0};
    if (::poll(&asked, 1, 0) != 1) return text;
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

bool at_end(int fd) {
  pollfd asked{fd, POLLIN, 0};
  char byte = 0;
  return ::poll(&asked, 1, 10000) == 1 && ::read(fd, &byte, 1) == 0;
}

// A transport and a diary of its events.
struct Peer {
  Peer(int in, int out, StdioTransportOptions options = {})
      : transport(std::make_unique<StdioTransport>(io.get_executor(), in, out, options)) {}

  void start() {
    Transport::Events events;
    events.message = [this](const Incoming& incoming) {
    const std::string_view text = incoming.text;
      diary.push_back("message " + std::string(text));
      ++messages;
      return on_message ? on_message(text) : Flow::go_on;
    };
    events.refused = [this](Error why) { diary.push_back("refused " + why.message); };
    events.ended = [this] { diary.emplace_back("ended"); };
    events.closed = [this](Error why) {
      CHECK((why.code == ErrorCode::closed || why.code == ErrorCode::io));
      diary.emplace_back("closed");
    };
    transport->start(std::move(events));
  }

  bool until(const std::function<bool()>& done) { return test::run_until(io, done); }
  bool until(std::string_view entry) {
    return until([&] { return !diary.empty() && diary.back() == entry; });
  }
  void turn() {
    io.restart();
    io.poll();
  }

  asio::io_context io;
  std::unique_ptr<StdioTransport> transport;
  std::function<Flow(std::string_view)> on_message;
  std::vector<std::string> diary;
  std::size_t messages = 0;
};

using Diary = std::vector<std::string>;

StdioTransportOptions owned() {
  StdioTransportOptions options;
  options.descriptors = StdioTransportOptions::Descriptors::owned;
  return options;
}

}  // namespace

TEST_CASE("messages come in and go out, and nothing is delivered from inside start") {
  Pipe in;
  Pipe out;
  Peer peer(in.read.get(), out.write.get());
  put(in.write.get(), "one\n\r\ntwo\r\n");
  peer.start();
  CHECK(peer.diary.empty());
  CHECK(peer.until("message two"));
  CHECK(peer.diary == Diary{"message one", "message two"});
  peer.transport->send("answer");
  CHECK(peer.transport->queued_bytes() == 7);
  peer.turn();
  CHECK(peer.transport->queued_bytes() == 0);
  CHECK(take(out.read.get()) == "answer\n");
}

TEST_CASE("end of input delivers the last line, then says so; sending still works until close") {
  Pipe in;
  Pipe out;
  Peer peer(in.read.get(), out.write.get(), owned());
  in.read.release();
  out.write.release();
  put(in.write.get(), "one\nlast");
  peer.start();
  CHECK(peer.until("message one"));
  in.write.reset();
  CHECK(peer.until("ended"));
  CHECK(peer.diary == Diary{"message one", "message last", "ended"});
  peer.transport->send("answer");
  peer.transport->close();
  CHECK(peer.diary.back() == "ended");  // never from inside
  peer.transport->send("dropped");
  CHECK(peer.until("closed"));
  peer.transport->close();
  peer.transport->send("dropped");
  peer.turn();
  CHECK(peer.diary == Diary{"message one", "message last", "ended", "closed"});
  CHECK(take(out.read.get()) == "answer\n");
  CHECK(at_end(out.read.get()));
  CHECK(peer.io.stopped());  // nothing keeps the loop going
}

TEST_CASE("a message over the limit is refused once, with the limit, and the stream goes on") {
  Pipe in;
  Pipe out;
  StdioTransportOptions options;
  options.max_message = 1000;
  Peer peer(in.read.get(), out.write.get(), options);
  peer.start();
  std::thread writer([&] {
    put(in.write.get(), "before\n");
    for (int i = 0; i < 100; ++i) put(in.write.get(), std::string(5000, 'x'));
    put(in.write.get(), "\nafter\n");
  });
  CHECK(peer.until("message after"));
  writer.join();
  CHECK(peer.diary ==
        Diary{"message before", "refused the message is longer than the limit of 1000 bytes", "message after"});
}

TEST_CASE("the largest message passes in both directions") {
  Sockets sockets;
  Peer peer(sockets.theirs.get(), sockets.theirs.get());
  peer.on_message = [&](std::string_view text) {
    peer.transport->send(std::string(text));
    return Flow::go_on;
  };
  peer.start();
  const std::string largest(kMaxMessageBytes, 'x');
  std::string back;
  std::thread other([&] {
    put(sockets.ours.get(), largest + "\n");
    char buffer[65536];
    while (back.size() <= largest.size()) {
      const ssize_t got = ::read(sockets.ours.get(), buffer, sizeof buffer);
      if (got <= 0) break;
      back.append(buffer, static_cast<std::size_t>(got));
    }
  });
  CHECK(peer.until([&] { return peer.messages == 1 && peer.transport->queued_bytes() == 0; }));
  other.join();
  CHECK(back == largest + "\n");
}

TEST_CASE("what is sent while one chunk is handled leaves in one write") {
  // A socket that keeps the borders of writes shows how many there were.
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  const UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  Pipe in;
  Peer peer(in.read.get(), theirs.get());
  peer.on_message = [&](std::string_view text) {
    peer.transport->send(std::string(text));
    return Flow::go_on;
  };
  std::string many;
  for (int i = 0; i < 100; ++i) many += "message " + std::to_string(i) + "\n";
  put(in.write.get(), many);
  peer.start();
  CHECK(peer.until([&] { return peer.messages == 100; }));
  char buffer[65536];
  CHECK(::recv(ours.get(), buffer, sizeof buffer, MSG_DONTWAIT) == static_cast<ssize_t>(many.size()));

  // and so does what is sent in one turn, or one handler, of the loop
  {
    const Turn turn;
    peer.transport->send("a");
    peer.transport->send("b");
  }
  CHECK(::recv(ours.get(), buffer, sizeof buffer, MSG_DONTWAIT) == 4);
  peer.transport->send("a");
  peer.transport->send("b");
  peer.transport->send("c");
  peer.turn();
  CHECK(::recv(ours.get(), buffer, sizeof buffer, MSG_DONTWAIT) == 6);
}

TEST_CASE("reading stops while the output is full, in the middle of a chunk too, and goes on at half") {
  Pipe in;
  Pipe out;
  StdioTransportOptions options;
  options.max_output = 100000;
  Peer peer(in.read.get(), out.write.get(), options);
  std::size_t most = 0;
  peer.on_message = [&](std::string_view) {
    peer.transport->send(std::string(10000, 'x'));
    most = std::max(most, peer.transport->queued_bytes());
    return Flow::go_on;
  };
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += "r\n";
  put(in.write.get(), requests);
  peer.start();
  for (int i = 0; i < 100; ++i) peer.turn();
  CHECK(most <= 100000 + 10001);
  CHECK(peer.messages < 30);  // what fits into the pipe and the queue
  const std::size_t before = peer.messages;
  for (int i = 0; i < 100; ++i) peer.turn();
  CHECK(peer.messages == before);
  std::size_t received = 0;
  CHECK(peer.until([&] {
    received += take(out.read.get()).size();
    return received == 1000 * 10001;
  }));
  CHECK(peer.messages == 1000);
  CHECK(most <= 100000 + 10001);
}

TEST_CASE("a peer that pipelines and reads late does not make the queue grow") {
  Pipe in;
  Pipe out;
  Peer peer(in.read.get(), out.write.get());
  std::size_t most = 0;
  const std::string answer(299, 'a');
  peer.on_message = [&](std::string_view) {
    peer.transport->send(answer);
    most = std::max(most, peer.transport->queued_bytes());
    return Flow::go_on;
  };
  peer.start();
  constexpr std::size_t kCalls = 100000;
  std::thread writer([&] {
    std::string block;
    for (int i = 0; i < 100; ++i) block += std::string(299, 'q') + "\n";
    for (std::size_t i = 0; i < kCalls / 100; ++i) put(in.write.get(), block);
  });
  CHECK(peer.until([&] { return peer.transport->queued_bytes() > kMaxOutputBytes; }));
  for (int i = 0; i < 100; ++i) peer.turn();
  CHECK(peer.messages < kCalls / 10);
  std::size_t received = 0;
  std::thread reader([&] {
    char buffer[65536];
    while (received < kCalls * 300) {
      const ssize_t got = ::read(out.read.get(), buffer, sizeof buffer);
      if (got <= 0) return;
      received += static_cast<std::size_t>(got);
    }
  });
  CHECK(peer.until([&] { return peer.messages == kCalls && peer.transport->queued_bytes() == 0; }));
  writer.join();
  reader.join();
  CHECK(received == kCalls * 300);
  CHECK(most <= kMaxOutputBytes + 300);
}

TEST_CASE("a session that asks for ease is read from at most once a pause, and every message still comes") {
  Pipe in;
  Pipe out;
  StdioTransportOptions options;
  options.ease_limit = 20ms;
  Peer peer(in.read.get(), out.write.get(), options);
  peer.on_message = [](std::string_view) { return Flow::ease; };
  peer.start();
  put(in.write.get(), "1\n2\n3\n");
  const auto begun = std::chrono::steady_clock::now();
  CHECK(peer.until("message 3"));  // one pause a chunk, not one a message, and only behind it
  put(in.write.get(), "4\n");
  CHECK(peer.until("message 4"));
  const auto took = std::chrono::steady_clock::now() - begun;
  CHECK(took >= 20ms);
  CHECK(took < 5s);
}

TEST_CASE("losing the reader of our output closes, while idle and while writing") {
  Pipe in;
  Pipe out;
  Sockets sockets;
  struct {
    std::string name;
    bool over_socket;
    bool writes;
  } const cases[] = {{"pipe, idle", false, false},
                     {"pipe, writing", false, true},
                     {"socket, idle", true, false},
                     {"socket, writing", true, true}};
  for (const auto& row : cases) {
    CAPTURE(row.name);
    Pipe input;
    Pipe output;
    Sockets both;
    Peer peer(input.read.get(), row.over_socket ? both.theirs.get() : output.write.get());
    peer.start();
    peer.turn();
    output.read.reset();
    both.ours.reset();
    if (row.writes) peer.transport->send("x");
    CHECK(peer.until("closed"));
    CHECK(peer.diary == Diary{"closed"});
    put(input.write.get(), "late\n");
    peer.turn();
    CHECK(peer.diary == Diary{"closed"});
    CHECK(peer.transport->queued_bytes() == 0);
  }
}

TEST_CASE("losing the reader while much waits to be written closes") {
  Pipe in;
  Pipe out;
  Peer peer(in.read.get(), out.write.get());
  peer.start();
  peer.transport->send(std::string(500000, 'x'));
  peer.turn();
  CHECK(peer.transport->queued_bytes() > 0);
  out.read.reset();
  CHECK(peer.until("closed"));
}

TEST_CASE("a client hears what a server said before it went") {
  Pipe in;
  Pipe out;
  StdioTransportOptions options;
  options.output_loss = StdioTransportOptions::OutputLoss::read_on;
  Peer peer(in.read.get(), out.write.get(), options);
  peer.start();
  peer.turn();
  out.read.reset();
  peer.transport->send("into the void");
  peer.turn();
  CHECK(peer.diary.empty());
  put(in.write.get(), "last words\n");
  in.write.reset();
  CHECK(peer.until("closed"));
  CHECK(peer.diary == Diary{"message last words", "ended", "closed"});
}

TEST_CASE("ending our output leaves the input open") {
  SUBCASE("pipes") {
    Pipe in;
    Pipe out;
    Peer peer(in.read.get(), out.write.get(), owned());
    in.read.release();
    out.write.release();
    peer.start();
    peer.transport->send("last");
    peer.transport->end_output();
    peer.transport->send("dropped");
    peer.turn();
    CHECK(take(out.read.get()) == "last\n");
    CHECK(at_end(out.read.get()));
    put(in.write.get(), "still here\n");
    CHECK(peer.until("message still here"));
    in.write.reset();
    CHECK(peer.until("closed"));
    CHECK(peer.diary == Diary{"message still here", "ended", "closed"});
  }
  SUBCASE("one socket") {
    Sockets sockets;
    Peer peer(sockets.theirs.get(), sockets.theirs.get());
    peer.start();
    peer.transport->send("last");
    peer.transport->end_output();
    peer.turn();
    CHECK(take(sockets.ours.get()) == "last\n");
    CHECK(at_end(sockets.ours.get()));
    put(sockets.ours.get(), "still here\n");
    CHECK(peer.until("message still here"));
    sockets.ours.reset();
    CHECK(peer.until("closed"));
    CHECK(peer.diary == Diary{"message still here", "ended", "closed"});
  }
}

TEST_CASE("closing waits for a slow reader, but not for ever") {
  SUBCASE("a slow reader gets all") {
    Pipe in;
    Pipe out;
    StdioTransportOptions options = owned();
    options.close_limit = 10s;
    Peer peer(in.read.get(), out.write.get(), options);
    in.read.release();
    out.write.release();
    peer.start();
    peer.transport->send(std::string(500000, 'x'));
    peer.transport->close();
    std::size_t received = 0;
    CHECK(peer.until([&] {
      received += take(out.read.get()).size();
      return !peer.diary.empty();
    }));
    received += take(out.read.get()).size();
    CHECK(received == 500001);
    CHECK(peer.diary == Diary{"closed"});
  }
  SUBCASE("a dead one does not hold it up") {
    Pipe in;
    Pipe out;
    StdioTransportOptions options;
    options.close_limit = 10ms;
    Peer peer(in.read.get(), out.write.get(), options);
    peer.start();
    peer.transport->send(std::string(500000, 'x'));
    peer.transport->close();
    peer.turn();
    CHECK(peer.diary.empty());
    CHECK(peer.until("closed"));
  }
}

TEST_CASE("after close nothing more is delivered, not even from the chunk at hand") {
  Pipe in;
  Pipe out;
  Peer peer(in.read.get(), out.write.get());
  peer.on_message = [&](std::string_view) {
    peer.transport->send("bye");
    peer.transport->close();
    return Flow::go_on;
  };
  put(in.write.get(), "1\n2\n3\n");
  peer.start();
  CHECK(peer.until("closed"));
  CHECK(peer.diary == Diary{"message 1", "closed"});
  CHECK(take(out.read.get()) == "bye\n");
}

TEST_CASE("a transport may be destroyed in any event") {
  Pipe in;
  Pipe out;
  SUBCASE("message") {
    Peer peer(in.read.get(), out.write.get());
    peer.on_message = [&](std::string_view) {
      peer.transport->send("dropped");
      peer.transport.reset();
      return Flow::ease;
    };
    put(in.write.get(), "1\n2\n");
    peer.start();
    CHECK(peer.until([&] { return peer.transport == nullptr; }));
    peer.turn();
    CHECK(peer.diary == Diary{"message 1"});
    CHECK(peer.io.stopped());
  }
  SUBCASE("closed") {
    Peer peer(in.read.get(), out.write.get());
    Transport::Events events;
    events.closed = [&](Error) { peer.transport.reset(); };
    peer.transport->start(std::move(events));
    peer.transport->close();
    peer.turn();
    CHECK(peer.transport == nullptr);
  }
  SUBCASE("ended") {
    Peer peer(in.read.get(), out.write.get());
    Transport::Events events;
    auto held = std::make_shared<int>(0);
    events.ended = [&peer, held] { peer.transport.reset(); };
    peer.transport->start(std::move(events));
    in.write.reset();
    CHECK(peer.until([&] { return peer.transport == nullptr; }));
    peer.turn();
    CHECK(held.use_count() == 1);
  }
  SUBCASE("before it was started") {
    Peer peer(in.read.get(), out.write.get());
    peer.transport->send("x");
    peer.transport.reset();
    peer.turn();
  }
}

TEST_CASE("regular files and /dev/null serve as input and output") {
  char in_name[] = "/tmp/sumun_in_XXXXXX";
  char out_name[] = "/tmp/sumun_out_XXXXXX";
  const UniqueFd in(::mkostemp(in_name, O_CLOEXEC));
  const UniqueFd out(::mkostemp(out_name, O_CLOEXEC));
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  SUBCASE("files") {
    std::string text;
    for (int i = 0; i < 5000; ++i) text += "message number " + std::to_string(i) + "\n";
    text += "last";
    put(in.get(), text);
    ::lseek(in.get(), 0, SEEK_SET);
    Peer peer(in.get(), out.get());
    peer.on_message = [&](std::string_view message) {
      peer.transport->send(std::string(message));
      return Flow::go_on;
    };
    peer.start();
    CHECK(peer.until("ended"));
    CHECK(peer.messages == 5001);
    peer.transport->close();
    CHECK(peer.until("closed"));
    ::lseek(out.get(), 0, SEEK_SET);
    std::string written(text.size() + 1, ' ');
    CHECK(::read(out.get(), written.data(), written.size()) == static_cast<ssize_t>(written.size()));
    CHECK(written == text + "\n");
  }
  SUBCASE("an empty file") {
    Peer peer(in.get(), out.get());
    peer.start();
    CHECK(peer.until("ended"));
    CHECK(peer.messages == 0);
  }
  SUBCASE("nothing at all") {
    Peer peer(null.get(), null.get());
    peer.start();
    CHECK(peer.until("ended"));
    peer.transport->send("x");
    peer.turn();
    CHECK(peer.transport->queued_bytes() == 0);
  }
  ::unlink(in_name);
  ::unlink(out_name);
}

TEST_CASE("a terminal serves as input and output, and keeps its mode") {
  int main_end = -1;
  int user_end = -1;
  REQUIRE(::openpty(&main_end, &user_end, nullptr, nullptr, nullptr) == 0);
  UniqueFd ours(main_end);
  const UniqueFd theirs(user_end);
  Peer peer(theirs.get(), theirs.get());
  peer.start();
  put(ours.get(), "typed\n");
  CHECK(peer.until("message typed"));
  CHECK_FALSE(is_nonblocking(theirs.get()));
  peer.transport->send("shown");
  peer.turn();
  CHECK(take(ours.get()).find("shown") != std::string::npos);
  ours.reset();  // hang-up
  CHECK(peer.until("closed"));
}

TEST_CASE("borrowed descriptors stay open and get their blocking mode back") {
  Sockets sockets;
  Pipe in;
  Pipe out;
  SUBCASE("closed") {
    Peer peer(sockets.theirs.get(), sockets.theirs.get());
    peer.start();
    peer.turn();
    CHECK(is_nonblocking(sockets.theirs.get()));
    peer.transport->close();
    CHECK(peer.until("closed"));
    CHECK_FALSE(is_nonblocking(sockets.theirs.get()));
    put(sockets.theirs.get(), "x");
    CHECK(take(sockets.ours.get()) == "x");
  }
  SUBCASE("destroyed") {
    Peer peer(sockets.theirs.get(), sockets.theirs.get());
    peer.start();
    peer.turn();
    peer.transport.reset();
    CHECK_FALSE(is_nonblocking(sockets.theirs.get()));
  }
  SUBCASE("pipes are never touched") {
    Peer peer(in.read.get(), out.write.get());
    peer.start();
    peer.transport->send("x");
    peer.turn();
    CHECK_FALSE(is_nonblocking(in.read.get()));
    CHECK_FALSE(is_nonblocking(out.write.get()));
  }
}

TEST_CASE("descriptors that cannot be used close the transport at once") {
  Pipe out;
  Peer peer(-1, out.write.get());
  peer.transport->send("dropped");
  peer.start();
  CHECK(peer.diary.empty());
  CHECK(peer.until("closed"));
}

TEST_CASE("two transports on one pair of pipes talk to each other") {
  Pipe there;
  Pipe back;
  Peer client(back.read.get(), there.write.get());
  Peer server(there.read.get(), back.write.get());
  server.on_message = [&](std::string_view text) {
    server.transport->send("re: " + std::string(text));
    return Flow::go_on;
  };
  client.start();
  server.start();
  for (int i = 0; i < 100; ++i) {
    const std::string question = "question " + std::to_string(i);
    client.transport->send(question);
    client.turn();
    CHECK(server.until("message " + question));
    CHECK(client.until("message re: " + question));
  }
}
