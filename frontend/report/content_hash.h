// What a text is, in few characters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <spdlog/fmt/fmt.h>

namespace crossweave {

/// 64-bit FNV-1a over the bytes of texts, one after the other.
class ContentHash {
 public:
  ContentHash& add(std::string_view text) {
    for (const char c : text) {
      hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    }
    return *this;
  }
  /// 16 hexadecimal digits.
  [[nodiscard]] std::string text() const { return fmt::format("{:016x}", hash_); }

 private:
  std::uint64_t hash_{14695981039346656037ULL};
};

}  // namespace crossweave
