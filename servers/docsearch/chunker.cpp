// SPDX-License-Identifier: Apache-2.0
// One walk over the blocks with one open chunk. Sizes are counted once a block, so the walk is linear.
#include "chunker.hpp"

#include "html.hpp"
#include "utf8.hpp"

#include <algorithm>
#include <cmath>

namespace sumun::docsearch {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v'; }

class Packer {
 public:
  Packer(std::string_view text, const ChunkOptions& options) : text_(text), options_(options) {
    overlap_ = static_cast<std::size_t>(std::lround(options.overlap * static_cast<double>(options.max_characters)));
  }
  std::vector<TextChunk> pack(const std::vector<Block>& blocks);

 private:
  void add_heading(const Block& block);
  void add(const Block& block);
  void fill(std::size_t begin, std::size_t end, Block::Kind kind);
  void extend(std::size_t begin, std::size_t end, std::size_t size);
  void close();
  void overlap_from(std::size_t cut);
  std::size_t split_point(std::size_t begin, std::size_t limit, Block::Kind kind) const;
  std::size_t size_of(std::size_t begin, std::size_t end) const { return count_characters(text_.substr(begin, end - begin)); }

  std::string_view text_;
  ChunkOptions options_;
  std::size_t overlap_ = 0;  // characters
  std::vector<TextChunk> chunks_;

  std::vector<std::pair<int, std::string>> trail_;  // where the walk is
  bool open_ = false;
  std::size_t begin_ = 0, end_ = 0, size_ = 0;  // of the open chunk; size in characters
  std::size_t solid_end_ = 0;      // end of its last block that is no heading; begin_ = it holds headings only
  std::vector<std::string> here_;          // the trail of what is being added
  std::vector<std::string> section_, trail_of_chunk_;  // the trail met last in the open chunk, and the one of most of it
  std::size_t section_size_ = 0, best_size_ = 0;       // their characters
  bool prose_before_ = false;      // the chunk that was closed last ended in running text of this section
};

std::vector<std::string> names_of(const std::vector<std::pair<int, std::string>>& trail) {
  std::vector<std::string> names;
  for (const auto& [level, name] : trail) names.push_back(name);
  return names;
}

std::vector<TextChunk> Packer::pack(const std::vector<Block>& blocks) {
  for (const Block& block : blocks) {
    block.kind == Block::Kind::heading ? add_heading(block) : add(block);
  }
  close();
  return std::move(chunks_);
}

void Packer::extend(std::size_t begin, std::size_t end, std::size_t size) {
  if (!open_) {
    open_ = true;
    begin_ = solid_end_ = begin;
    size_ = section_size_ = best_size_ = 0;
  } else {
    size_ += size_of(end_, begin);
  }
  end_ = end;
  size_ += size;
  if (section_size_ > 0 && section_ == here_) {
    section_size_ += size;
  } else {
    section_ = here_;
    section_size_ = size;
  }
  if (section_size_ > best_size_) {  // a chunk of several sections has the trail of the one that fills most of it
    best_size_ = section_size_;
    trail_of_chunk_ = section_;
  }
}

void Packer::close() {
  if (!open_) return;
  chunks_.push_back({begin_, end_, trail_of_chunk_});
  open_ = false;
}

void Packer::add_heading(const Block& block) {
  const std::size_t size = size_of(block.begin, block.end);
  const std::size_t gap = open_ ? size_of(end_, block.begin) : 0;  // blank lines count: there may be many
  const bool only_headings = open_ && solid_end_ == begin_;
  if (open_ && !only_headings && (size_ >= options_.min_characters || size_ + gap + size > options_.max_characters)) close();
  prose_before_ = false;
  while (!trail_.empty() && trail_.back().first >= block.level) trail_.pop_back();
  trail_.emplace_back(block.level, block.heading);
  here_ = names_of(trail_);
  if (size > options_.max_characters || (open_ && size_ + gap + size > options_.max_characters)) {
    fill(block.begin, block.end, Block::Kind::prose);
  } else {
    extend(block.begin, block.end, size);
  }
}

void Packer::add(const Block& block) {
  const std::size_t size = size_of(block.begin, block.end);
  const bool code = !block.heading.empty();
  here_ = code ? std::vector<std::string>{block.heading} : names_of(trail_);
  if (code && open_ && size_ >= options_.min_characters) close();
  const std::size_t gap = open_ ? size_of(end_, block.begin) : 0;
  const bool fits = !open_ || size_ + gap + size <= options_.max_characters;
  if (!fits) {
    const bool whole = size <= options_.max_characters;
    const bool fill_up = block.kind == Block::Kind::prose && size_ < options_.min_characters;
    const bool hanging = solid_end_ > begin_ && solid_end_ < end_;  // headings at its end belong to this block
    if (hanging) {
      const std::size_t heading_begin = text_.find_first_not_of(" \t\r\n\f\v", solid_end_);
      const std::size_t heading_end = end_;
      end_ = solid_end_;
      close();
      extend(heading_begin, heading_end, size_of(heading_begin, heading_end));
      solid_end_ = begin_;
      return add(block);
    }
    const bool whole_verbatim = whole && block.kind == Block::Kind::verbatim;  // stays whole, whatever it leaves behind
    if (whole_verbatim || (!fill_up && solid_end_ > begin_ && (whole || size_ >= options_.min_characters))) {
      const std::size_t cut = end_;
      const bool prose = prose_before_ && block.kind == Block::Kind::prose;
      close();
      if (prose && whole && size + overlap_ + overlap_ / 4 + 2 <= options_.max_characters) overlap_from(cut);
    }
  }
  if (size <= options_.max_characters && (!open_ || size_ + size_of(end_, block.begin) + size <= options_.max_characters)) {
    extend(block.begin, block.end, size);
    solid_end_ = end_;
  } else {
    fill(block.begin, block.end, block.kind);
  }
  prose_before_ = block.kind == Block::Kind::prose;
}

// Adds more than fits: whole chunks as they fill, and leaves the rest open.
void Packer::fill(std::size_t begin, std::size_t end, Block::Kind kind) {
  std::size_t left = size_of(begin, end);
  while (left > 0) {
    const std::size_t used = open_ ? size_ + size_of(end_, begin) : 0;
    const std::size_t room = options_.max_characters > used ? options_.max_characters - used : 0;
    if (room == 0) {
      close();
      continue;
    }
    if (left <= room) {
      extend(begin, end, left);
      solid_end_ = end_;
      break;
    }
    // Two pieces of equal size rather than a full one and a crumb.
    std::size_t limit = room;
    if (left < room + options_.min_characters && used + left / 2 >= options_.min_characters) limit = std::min(room, left / 2 + overlap_ + 1);
    const std::size_t cut = split_point(begin, advance_characters(text_, begin, limit), kind);
    if (cut <= begin) {  // nothing of it fits beside what is open
      if (!open_) break;
      close();
      continue;
    }
    std::size_t trimmed = cut;
    while (trimmed > begin && is_blank(text_[trimmed - 1])) --trimmed;
    if (trimmed > begin) {
      extend(begin, trimmed, size_of(begin, trimmed));
      solid_end_ = end_;
    }
    const bool has_chunk = open_;
    close();
    left -= size_of(begin, cut);
    begin = cut;
    while (begin < end && is_blank(text_[begin])) {
      ++begin;
      --left;
    }
    if (left == 0 || begin >= end) break;
    if (kind == Block::Kind::prose && has_chunk) overlap_from(trimmed);
  }
}

// Opens the next chunk a little before `cut`, at a word, and a sentence where one begins there.
void Packer::overlap_from(std::size_t cut) {
  if (overlap_ == 0 || chunks_.empty()) return;
  const std::size_t floor = chunks_.back().begin + 1;
  const auto back = [&](std::size_t characters) {
    std::size_t at = cut;
    while (characters > 0 && at > floor) {
      --at;
      if (!is_continuation(text_[at])) --characters;
    }
    return boundary_before(text_, at);
  };
  const std::size_t farthest = back(overlap_ + overlap_ / 4), wanted = back(overlap_), nearest = back(overlap_ - overlap_ / 6);
  std::size_t word = 0;
  for (std::size_t at = nearest; at > farthest; --at) {
    if (!is_blank(text_[at - 1]) || is_blank(text_[at])) continue;
    if (word == 0 || (at >= wanted && word > wanted)) word = at;
    const std::size_t before = text_.find_last_not_of(" \t\r\n", at - 1);
    if (before != std::string_view::npos && (text_[before] == '.' || text_[before] == '!' || text_[before] == '?')) {
      word = at;
      break;
    }
  }
  std::size_t begin = word > 0 ? word : wanted;
  while (begin < cut && is_blank(text_[begin])) ++begin;
  if (begin >= cut) return;
  extend(begin, cut, size_of(begin, cut));
  solid_end_ = end_;
}

// Where to cut [begin, limit): after a line (verbatim) or a sentence, else after a line, a word, a character.
std::size_t Packer::split_point(std::size_t begin, std::size_t limit, Block::Kind kind) const {
  const std::string_view piece = text_.substr(begin, limit - begin);
  const std::size_t half = piece.size() / 2;
  if (kind == Block::Kind::verbatim) {
    const std::size_t gap = piece.rfind("\n\n");
    if (gap != std::string_view::npos && gap >= half) return begin + gap + 2;
    const std::size_t line = piece.rfind('\n');
    if (line != std::string_view::npos) return begin + line + 1;
    if (open_) return begin;  // rather a chunk of its own for a long line
  }
  std::size_t word = 0;
  for (std::size_t at = piece.size(); at > half; --at) {
    const char c = piece[at - 1];
    if (is_blank(c)) {
      if (word == 0) word = at;
      if (at >= 2 && (piece[at - 2] == '.' || piece[at - 2] == '!' || piece[at - 2] == '?' || c == '\n')) return begin + at;
    } else if (at >= 3 && c != '.' && (c & 0x80) != 0) {
      const std::string_view last = piece.substr(at - 3, 3);
      if (last == "。" || last == "！" || last == "？") return begin + at;
    }
  }
  return word > 0 ? begin + word : limit;
}

}  // namespace

ChunkOptions sane(ChunkOptions options) {
  options.max_characters = std::clamp<std::size_t>(options.max_characters, 16, 100'000);
  options.min_characters = std::clamp<std::size_t>(options.min_characters, 1, options.max_characters);
  options.overlap = std::isfinite(options.overlap) ? std::clamp(options.overlap, 0.0, 0.5) : 0.0;
  return options;
}

std::vector<TextChunk> pack_chunks(std::string_view text, const std::vector<Block>& blocks, const ChunkOptions& options) {
  return Packer(text, sane(options)).pack(blocks);
}

CutDocument cut_document(DocumentType type, std::string_view file, const ChunkOptions& options) {
  CutDocument document;
  if (file.starts_with("\xEF\xBB\xBF")) document.base = 3;
  const std::string_view text = file.substr(document.base);
  Blocks read;
  if (type == DocumentType::html) {
    HtmlText html = read_html(file);
    document.storage = std::move(html.text);
    document.source = std::move(html.source);
    read = std::move(html.blocks);
  } else if (type == DocumentType::markdown) {
    read = read_markdown(text);
  } else if (type == DocumentType::code) {
    read = read_source_code(text);
  } else {
    read = read_plain_text(text);
  }
  document.title = std::move(read.title);
  document.chunks = pack_chunks(document.text(file), read.blocks, options);
  return document;
}

}  // namespace sumun::docsearch
