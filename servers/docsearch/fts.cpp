// SPDX-License-Identifier: Apache-2.0
#include "fts.hpp"

namespace sumun::docsearch {
namespace {

Result<fts5_api*> find_api(Database& database) {
  fts5_api* api = nullptr;
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v2(database.handle(), "SELECT fts5(?1)", -1, &raw, nullptr);
  if (code != SQLITE_OK) return database.error(code);
  sqlite3_bind_pointer(raw, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
  sqlite3_step(raw);
  sqlite3_finalize(raw);
  if (api == nullptr) return fail(ErrorCode::io, "sqlite: built without fts5");
  return api;
}

using TokenCallback = int (*)(void*, int flags, const char* token, int size, int begin, int end);

struct Forward {
  void* context;
  TokenCallback callback;
};

int create_tokenizer(void* tokenizer, const char**, int, Fts5Tokenizer** out) {
  *out = reinterpret_cast<Fts5Tokenizer*>(tokenizer);
  return SQLITE_OK;
}

void delete_tokenizer(Fts5Tokenizer*) {}

int run_tokenizer(Fts5Tokenizer* self, void* context, int flags, const char* text, int size, TokenCallback callback) {
  if ((flags & FTS5_TOKENIZE_QUERY) != 0) return callback(context, 0, text, size, 0, size);
  Forward forward{context, callback};
  const std::string_view all(text, static_cast<std::size_t>(size));
  return reinterpret_cast<Tokenizer*>(self)->tokenize(all, &forward, [](void* to, const Token& token) {
    if (token.kind == TokenKind::exact) return 0;
    const auto& target = *static_cast<Forward*>(to);
    return target.callback(target.context, token.colocated ? FTS5_TOKEN_COLOCATED : 0, token.text.data(),
                           static_cast<int>(token.text.size()), static_cast<int>(token.begin), static_cast<int>(token.end));
  });
}

// collect(): one call a row. It decodes the position lists only as far as to count them by column.
void collect(const Fts5ExtensionApi* api, Fts5Context* cursor, sqlite3_context* result, int, sqlite3_value**) {
  auto& collector = *static_cast<Collector*>(api->xUserData(cursor));
  const std::int64_t row = api->xRowid(cursor);
  const int phrases = api->xPhraseCount(cursor);
  for (int phrase = 0; phrase < phrases; ++phrase) {
    Posting posting{row, static_cast<std::uint16_t>(phrase), 0, 0};
    Fts5PhraseIter at;
    int column = 0, offset = 0;
    if (api->xPhraseFirst(cursor, phrase, &at, &column, &offset) != SQLITE_OK) continue;
    for (; column >= 0; api->xPhraseNext(cursor, &at, &column, &offset)) {
      if (column == 0) {
        posting.in_title += posting.in_title < 0xFFFF;
      } else {
        ++posting.in_body;
      }
    }
    if (posting.in_title + posting.in_body > 0) collector.postings.push_back(posting);
  }
  if (collector.postings.size() > collector.limit) return sqlite3_result_error_code(result, SQLITE_INTERRUPT);
  sqlite3_result_null(result);
}

}  // namespace

Result<void> register_fts(Database& database, Tokenizer& tokenizer, Collector& collector) {
  auto api = find_api(database);
  if (!api) return api.error();
  fts5_tokenizer functions{create_tokenizer, delete_tokenizer, run_tokenizer};
  int code = (*api)->xCreateTokenizer(*api, "sumun", &tokenizer, &functions, nullptr);
  if (code == SQLITE_OK) code = (*api)->xCreateFunction(*api, "collect", &collector, collect, nullptr);
  if (code != SQLITE_OK) return database.error(code);
  return {};
}

void append_phrase(std::string& expression, std::string_view token) {
  expression.push_back('"');
  for (const char c : token) {
    if (c == '"') expression.push_back('"');
    expression.push_back(c);
  }
  expression.push_back('"');
}

}  // namespace sumun::docsearch
