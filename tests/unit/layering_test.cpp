// Does every file keep to its floor? /usr/include is open to all, so CMake alone cannot enforce the layers.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

namespace {

namespace fs = std::filesystem;

const fs::path kSource{CROSSWEAVE_SOURCE_DIR};

using Strings = std::vector<std::string>;

bool contains(const Strings& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool starts_with_any(const std::string& text, const Strings& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return text.starts_with(prefix); });
}

std::string read_file(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  if (!stream) {
    throw std::runtime_error{"cannot read " + file.string()};
  }
  std::ostringstream text;
  text << stream.rdbuf();
  return std::move(text).str();
}

std::string text_of(const Strings& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += line + "\n";
  }
  return text;
}

// --- includes ---

struct Include {
  std::string name;
  bool quoted{false};
};

/// Every #include of a source text. One that is neither quoted nor in angle brackets (a macro) has an empty name.
std::vector<Include> includes_of(const std::string& text) {
  std::vector<Include> includes;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    const auto skip_blanks = [&](std::size_t at) { return std::min(line.find_first_not_of(" \t", at), line.size()); };
    std::size_t at = skip_blanks(0);
    if (at == line.size() || line[at] != '#') {
      continue;
    }
    at = skip_blanks(at + 1);
    constexpr std::string_view kKeyword = "include";
    if (line.compare(at, kKeyword.size(), kKeyword) != 0) {
      continue;
    }
    at = skip_blanks(at + kKeyword.size());
    Include include;
    if (at < line.size() && (line[at] == '"' || line[at] == '<')) {
      include.quoted = line[at] == '"';
      const std::size_t end = line.find(include.quoted ? '"' : '>', at + 1);
      include.name = line.substr(at + 1, end == std::string::npos ? end : end - at - 1);
    }
    includes.push_back(include);
  }
  return includes;
}

/// <vector>, <cstdint>, ...: one word. SystemC's <systemc> and <tlm> look alike and are not.
bool is_standard(const std::string& name) {
  return name != "systemc" && name != "tlm" && std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_';
         });
}

bool is_systemc(const std::string& name) {
  return name == "systemc" || name == "tlm" || name == "systemc.h" || name == "tlm.h" ||
         starts_with_any(name, {"sysc/", "tlm_core/", "tlm_utils/"});
}

/// Which headers that are not ours one file may include beyond its layer's.
struct Exception {
  std::string file;
  Strings headers;
};

/// A floor of the house: what its files may include.
struct Layer {
  std::string folder;
  /// Our own folders, as "arch/".
  Strings own;
  /// Headers of other libraries, by prefix, beside the standard library.
  Strings libraries;
  /// Headers of the standard library that it must do without.
  Strings banned;
  std::vector<Exception> exceptions;
  /// Any library but SystemC and yaml-cpp, which have one place each.
  bool any_library{false};
};

const std::vector<Layer>& layers() {
  static const std::vector<Layer> kLayers{
      {"arch", {"arch/"}, {}, {}, {{"arch/strict_yaml.cpp", {"yaml-cpp/"}}}, false},
      {"scheduler", {"arch/", "scheduler/"}, {"gmp.h", "gmpxx.h"}, {"fstream", "filesystem", "iostream"}, {}, false},
      {"models",
       {"arch/", "scheduler/", "models/"},
       {},
       {"fstream", "filesystem", "iostream"},
       {{"models/systemc.h", {"systemc", "tlm", "tlm_utils/", "sysc/"}}},
       false},
      {"frontend", {"arch/", "scheduler/", "models/", "frontend/"}, {}, {}, {}, true},
  };
  return kLayers;
}

/// Why a file (by its path from the root) must not hold this include, if it must not.
std::optional<std::string> objection(const std::string& file, const Include& include) {
  const auto layer = std::find_if(layers().begin(), layers().end(),
                                  [&](const Layer& candidate) { return file.starts_with(candidate.folder + "/"); });
  if (layer == layers().end()) {
    return "stands in no layer";
  }
  if (include.name.empty()) {
    return "includes something that cannot be read off";
  }
  if (include.quoted) {
    if (starts_with_any(include.name, layer->own)) {
      return std::nullopt;
    }
    return layer->folder + " must not include \"" + include.name + "\"";
  }
  for (const Exception& exception : layer->exceptions) {
    if (exception.file == file && starts_with_any(include.name, exception.headers)) {
      return std::nullopt;
    }
  }
  const bool has_one_place = is_systemc(include.name) || include.name.starts_with("yaml-cpp/");
  if ((layer->any_library && !has_one_place) || starts_with_any(include.name, layer->libraries) ||
      (is_standard(include.name) && !contains(layer->banned, include.name))) {
    return std::nullopt;
  }
  return layer->folder + " must not include <" + include.name + ">";
}

/// One line for each include that stands where it must not.
Strings include_violations(const std::string& file, const std::string& text) {
  Strings violations;
  for (const Include& include : includes_of(text)) {
    if (const std::optional<std::string> reason = objection(file, include)) {
      violations.push_back(file + ": " + *reason);
    }
  }
  return violations;
}

// --- files ---

/// Every file of the checkout by its path from the root, sorted; without git's own and what builds and runs leave.
Strings files_of_checkout() {
  Strings files;
  for (auto entry = fs::recursive_directory_iterator{kSource}; entry != fs::recursive_directory_iterator{}; ++entry) {
    const std::string name = entry->path().filename().string();
    if (name == "__pycache__" ||
        (entry.depth() == 0 && (name == ".git" || name == "out" || name == "install" || name.starts_with("build") ||
                                name.starts_with("cmake-build")))) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file()) {
      files.push_back(entry->path().lexically_relative(kSource).generic_string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The words of a CMakeLists.txt, comments left out.
Strings cmake_words(const std::string& text) {
  Strings words;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    line.resize(std::min(line.find('#'), line.size()));
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == '(' || c == ')' || c == '"'; }, ' ');
    std::istringstream split{line};
    for (std::string word; split >> word;) {
      words.push_back(word);
    }
  }
  return words;
}

/// Sources that the nearest CMakeLists.txt above them does not name by their path from it.
Strings unnamed_sources(const Strings& files) {
  Strings unnamed;
  for (const std::string& file : files) {
    const fs::path path{file};
    if (path.extension() != ".cpp") {
      continue;
    }
    fs::path folder = path.parent_path();
    while (!folder.empty() && !fs::exists(kSource / folder / "CMakeLists.txt")) {
      folder = folder.parent_path();
    }
    const fs::path list = folder / "CMakeLists.txt";
    const std::string name = path.lexically_relative(folder.empty() ? fs::path{"."} : folder).generic_string();
    if (!contains(cmake_words(read_file(kSource / list)), name)) {
      unnamed.push_back(file + " is not named in " + list.generic_string());
    }
  }
  return unnamed;
}

// --- paths of some machine ---

/// Directories that stand at the root of some machine. In pieces, so that this file does not hold one.
const Strings& machine_roots() {
  static const Strings kRoots{std::string{"/"} + "home/", std::string{"/"} + "root/", std::string{"/"} + "work/",
                              std::string{"/"} + "Users/"};
  return kRoots;
}

/// Whether a text names a place on some machine: such a directory, not merely as a later part of a path or an address.
bool names_machine(const std::string& text) {
  return std::any_of(machine_roots().begin(), machine_roots().end(), [&](const std::string& root) {
    for (std::size_t at = text.find(root); at != std::string::npos; at = text.find(root, at + 1)) {
      const unsigned char before = at == 0 ? ' ' : static_cast<unsigned char>(text[at - 1]);
      if (std::isalnum(before) == 0 &&
          std::string_view{"._-}>~*"}.find(static_cast<char>(before)) == std::string_view::npos) {
        return true;
      }
    }
    return false;
  });
}

}  // namespace

TEST_CASE("each layer includes only what its floor allows", "[layering]") {
  Strings violations;
  std::size_t sources = 0;
  for (const std::string& file : files_of_checkout()) {
    const std::string extension = fs::path{file}.extension().string();
    const bool in_layer = std::any_of(layers().begin(), layers().end(),
                                      [&](const Layer& layer) { return file.starts_with(layer.folder + "/"); });
    if (in_layer && (extension == ".h" || extension == ".cpp")) {
      const Strings found = include_violations(file, read_file(kSource / file));
      violations.insert(violations.end(), found.begin(), found.end());
      ++sources;
    }
  }
  INFO(text_of(violations));
  CHECK(violations.empty());
  CHECK(sources > 0);
}

TEST_CASE("every source is named in the CMakeLists.txt above it", "[layering]") {
  const Strings unnamed = unnamed_sources(files_of_checkout());
  INFO(text_of(unnamed));
  CHECK(unnamed.empty());
}

TEST_CASE("no file names a place on some machine", "[layering]") {
  Strings offenders;
  for (const std::string& file : files_of_checkout()) {
    if (names_machine(read_file(kSource / file))) {
      offenders.push_back(file);
    }
  }
  INFO(text_of(offenders));
  CHECK(offenders.empty());
}

// The checks above pass on a clean tree; these show that they would not on another.

TEST_CASE("the include check sees each kind of violation", "[layering]") {
  const auto count = [](const std::string& file, const std::string& text) {
    return include_violations(file, text).size();
  };
  SECTION("floors above") {
    CHECK(count("arch/units.h", "#include \"scheduler/geometry.h\"\n") == 1);
    CHECK(count("arch/units.h", "#include \"units.h\"\n") == 1);
    CHECK(count("scheduler/schedule.h", "#include \"models/chip.h\"\n#include \"frontend/run_config.h\"\n") == 2);
    CHECK(count("models/chip.cpp", "#include \"frontend/run_config.h\"\n") == 1);
    CHECK(count("frontend/main.cpp", "#include \"tests/support/process.h\"\n") == 1);
    CHECK(count("models/chip.cpp", "#include \"scheduler/schedule.h\"\n#include \"arch/ids.h\"\n") == 0);
  }
  SECTION("SystemC") {
    for (const std::string header :
         {"systemc", "tlm", "systemc.h", "tlm_utils/peq_with_get.h", "sysc/kernel/sc_time.h"}) {
      const std::string line = "#include <" + header + ">\n";
      CHECK(count("arch/units.cpp", line) == 1);
      CHECK(count("scheduler/schedule.cpp", line) == 1);
      CHECK(count("models/chip.cpp", line) == 1);
      CHECK(count("frontend/record/vcd.cpp", line) == 1);
    }
    CHECK(count("models/systemc.h", "#include <systemc>\n#include <tlm>\n#include <tlm_utils/peq_with_get.h>\n") == 0);
  }
  SECTION("libraries") {
    CHECK(count("arch/architecture_yaml.cpp", "#include <yaml-cpp/yaml.h>\n") == 1);
    CHECK(count("frontend/import/network_yaml.cpp", "#include <yaml-cpp/yaml.h>\n") == 1);
    CHECK(count("arch/strict_yaml.cpp", "#include <yaml-cpp/yaml.h>\n") == 0);
    CHECK(count("scheduler/schedule.cpp", "#include <spdlog/spdlog.h>\n#include <yaml-cpp/yaml.h>\n") == 2);
    CHECK(count("scheduler/weight_duplication.cpp", "#include <gmpxx.h>\n") == 0);
    CHECK(count("models/chip.cpp", "#include <CLI/CLI.hpp>\n#include <nlohmann/json.hpp>\n#include <fstream>\n") == 3);
    CHECK(count("frontend/main.cpp", "#include <CLI/CLI.hpp>\n#include <nlohmann/json.hpp>\n#include <fstream>\n") ==
          0);
  }
  SECTION("spelling") {
    CHECK(count("arch/units.h", "  #  include   <systemc>  // why not\n") == 1);
    CHECK(count("arch/units.h", "#include HEADER\n") == 1);
    CHECK(count("arch/units.h", "// #include <systemc>\n") == 0);
    CHECK(count("elsewhere/units.h", "#include <vector>\n") == 1);
  }
}

TEST_CASE("the source check sees a source that nobody names", "[layering]") {
  CHECK(unnamed_sources({"arch/nobody_named_this.cpp"}) ==
        Strings{"arch/nobody_named_this.cpp is not named in arch/CMakeLists.txt"});
  CHECK(unnamed_sources({"tests/unit/layering_test.cpp", "arch/units.h"}).empty());
  CHECK(cmake_words("add_library(a \"b.cpp\" # c.cpp\n  d/e.cpp)") == Strings{"add_library", "a", "b.cpp", "d/e.cpp"});
}

TEST_CASE("the path check tells places on a machine from other paths", "[layering]") {
  for (const std::string& root : machine_roots()) {
    CHECK(names_machine("network: " + root + "me/net.onnx"));
    CHECK(names_machine(root + "me"));
    CHECK(names_machine("\"" + root + "me\""));
    CHECK_FALSE(names_machine("https://example.org" + root + "page"));
    CHECK_FALSE(names_machine(".." + root + "net.onnx"));
  }
}
