// Pages of docs/ with parts that tests write: what stands there is what was measured.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace crossweave::test {

/// Whether goldens are to be rewritten rather than compared.
inline bool updates_golden() { return std::getenv("CROSSWEAVE_UPDATE_GOLDEN") != nullptr; }

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  std::ostringstream text;
  text << stream.rdbuf();
  return std::move(text).str();
}

/// Whether a file of the checkout has this content. With CROSSWEAVE_UPDATE_GOLDEN=1 it has afterwards.
inline bool is_up_to_date(const std::string& name, const std::string& content) {
  const std::filesystem::path file = std::filesystem::path{CROSSWEAVE_SOURCE_DIR} / name;
  if (updates_golden()) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << content;
  }
  return text_of(file) == content;
}

/// The same for the part of a page between the lines `<!-- begin PART -->` and `<!-- end PART -->`.
inline bool is_up_to_date(const std::string& name, const std::string& part, const std::string& content) {
  const std::string begin = "<!-- begin " + part + " -->\n";
  const std::string end = "<!-- end " + part + " -->\n";
  std::string page = text_of(std::filesystem::path{CROSSWEAVE_SOURCE_DIR} / name);
  const std::size_t from = page.find(begin);
  const std::size_t to = page.find(end);
  if (from == std::string::npos || to == std::string::npos) {
    throw std::runtime_error{name + " has no part " + part};
  }
  page.replace(from + begin.size(), to - from - begin.size(), content);
  return is_up_to_date(name, page);
}

}  // namespace crossweave::test
