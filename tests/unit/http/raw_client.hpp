// SPDX-License-Identifier: Apache-2.0
// A client that sends what it is told, byte by byte, and waits ten seconds at most for what comes back.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace sumun::test {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Everything up to and with `mark`; less when the connection ends or nothing comes.
  std::string read_until(std::string_view mark) {
    std::size_t end = 0;
    while ((end = got_.find(mark)) == std::string::npos)
      if (!more()) return std::exchange(got_, {});
    std::string out = got_.substr(0, end + mark.size());
    got_.erase(0, out.size());
    return out;
  }

  struct Answer {
    int status = 0;  // 0 = none came
    std::string head;
    std::string body;
    bool has(std::string_view line) const { return head.find("\r\n" + std::string(line) + "\r\n") != std::string::npos; }
  };
  /// One whole answer with a Content-Length.
  Answer read_answer() {
    Answer answer;
    answer.head = read_until("\r\n\r\n");
    if (answer.head.size() < 12) return answer;
    answer.status = std::atoi(answer.head.c_str() + 9);
    const std::size_t at = answer.head.find("Content-Length: ");
    std::size_t length = at == std::string::npos ? 0 : std::strtoul(answer.head.c_str() + at + 16, nullptr, 10);
    while (got_.size() < length && more()) {}
    length = std::min(length, got_.size());
    answer.body = got_.substr(0, length);
    got_.erase(0, length);
    return answer;
  }
  Answer ask(std::string_view request) {
    if (!send(request)) return {};
    return read_answer();
  }

  /// Whether the peer closes, and sends nothing more before it does.
  bool is_closed() {
    while (more()) {}
    return ended_ && got_.empty();
  }

 private:
  bool more() {
    char chunk[16384];
    const ssize_t size = ::recv(socket_, chunk, sizeof chunk, 0);
    ended_ = size == 0;
    if (size <= 0) return false;
    got_.append(chunk, static_cast<std::size_t>(size));
    return true;
  }

  int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string got_;
};

}  // namespace sumun::test
