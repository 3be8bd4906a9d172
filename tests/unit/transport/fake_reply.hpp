// SPDX-License-Identifier: Apache-2.0
// The answer to an HTTP request, kept where a test can look at it.
#pragma once
#include "transport/http_exchange.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace sumun::test {

class FakeReply final : public HttpReply {
 public:
  void answer(int with, std::string text, std::string lines) override {
    CHECK(status == 0);
    status = with;
    body = std::move(text);
    fields = std::move(lines);
    ended = true;
  }
  void open_events(std::string) override {
    CHECK(status == 0);
    status = 200;
    streaming = true;
  }
  void send(std::string text) override {
    CHECK(streaming);
    CHECK_FALSE(ended);
    events += text;
  }
  void end() override { ended = true; }
  std::size_t queued_bytes() const override { return queued; }
  bool gone() const override { return ended || lost; }
  void on_gone(std::function<void()> tell) override { told = std::move(tell); }
  void lose() {
    lost = true;
    if (told) std::exchange(told, nullptr)();
  }

  // The events so far: "id|retry|data".
  std::vector<std::string> list() const {
    std::vector<std::string> out;
    std::string id, retry, data;
    for (std::size_t at = 0; at < events.size();) {
      const std::size_t end = events.find('\n', at);
      REQUIRE(end != std::string::npos);
      const std::string line = events.substr(at, end - at);
      at = end + 1;
      if (line.starts_with("id: ")) id = line.substr(4);
      else if (line.starts_with("retry: ")) retry = line.substr(7);
      else if (line.starts_with("data:")) data += line.substr(line.starts_with("data: ") ? 6 : 5);
      else if (line.empty()) {
        out.push_back(id + "|" + retry + "|" + data);
        id = retry = data = "";
      }
    }
    return out;
  }
  std::string last_id() const {
    const auto all = list();
    REQUIRE_FALSE(all.empty());
    return all.back().substr(0, all.back().find('|'));
  }
  std::string session() const {
    const std::string name = "Mcp-Session-Id: ";
    const std::size_t at = fields.find(name);
    return at == std::string::npos ? "" : fields.substr(at + name.size(), fields.find("\r\n", at) - at - name.size());
  }

  int status = 0;  // 0 = not answered
  std::string body, fields, events;
  bool streaming = false, ended = false, lost = false;
  std::size_t queued = 0;
  std::function<void()> told;
};

}  // namespace sumun::test
