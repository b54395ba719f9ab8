// Does wrong input end with status 2 and exactly the right words? Every rule of every input has a file in
// tests/bad_input, and NAME.err beside it holds the whole of stderr.
//
//   config/NAME.yaml                              crossweave check NAME.yaml, then the lines of NAME.args, if any
//   network/NAME.yaml, .onnx, .cfg or .json       crossweave describe NAME.yaml, then the lines of NAME.args
//   cli/NAME.args                                 crossweave, then the lines of NAME.args
//
// Files of config/ and network/ without .err are parts of others. CROSSWEAVE_UPDATE_GOLDEN=1 rewrites each .err that
// exists (make an empty one for a new case); read the difference before you commit it.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/process.h"

namespace crossweave::test {
namespace {

namespace fs = std::filesystem;

struct BadInput {
  fs::path directory;
  std::vector<std::string> arguments;
  /// stderr as it should be.
  fs::path golden;
};

std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> lines;
  if (fs::exists(file)) {
    std::istringstream text{read_file(file)};
    for (std::string line; std::getline(text, line);) {
      lines.push_back(line);
    }
  }
  return lines;
}

fs::path with_extension(fs::path file, const char* extension) { return file.replace_extension(extension); }

/// The inputs of one folder that have a golden file; `command` stands before the name of the file, unless it is empty.
std::vector<BadInput> bad_inputs(const std::string& folder, const std::string& command,
                                 const std::vector<std::string>& extensions) {
  const fs::path directory = fs::path{CROSSWEAVE_SOURCE_DIR} / "tests" / "bad_input" / folder;
  std::vector<BadInput> inputs;
  for (const fs::directory_entry& entry : fs::directory_iterator{directory}) {
    const fs::path& file = entry.path();
    const fs::path golden = with_extension(file, ".err");
    if (std::find(extensions.begin(), extensions.end(), file.extension()) == extensions.end() || !fs::exists(golden)) {
      continue;
    }
    BadInput input{directory, {}, golden};
    if (!command.empty()) {
      input.arguments = {command, file.filename().string()};
    }
    const std::vector<std::string> more = lines_of(with_extension(file, ".args"));
    input.arguments.insert(input.arguments.end(), more.begin(), more.end());
    inputs.push_back(std::move(input));
  }
  std::sort(inputs.begin(), inputs.end(), [](const BadInput& a, const BadInput& b) { return a.golden < b.golden; });
  return inputs;
}

/// Every .err belongs to exactly one input: a misspelt pair would never run.
void require_paired(const std::vector<BadInput>& inputs, const std::string& folder) {
  REQUIRE_FALSE(inputs.empty());
  for (const fs::directory_entry& entry : fs::directory_iterator{inputs.front().directory}) {
    if (entry.path().extension() == ".err") {
      const auto owners = std::count_if(inputs.begin(), inputs.end(),
                                        [&](const BadInput& input) { return input.golden == entry.path(); });
      INFO("tests/bad_input/" << folder << "/" << entry.path().filename().string());
      CHECK(owners == 1);
    }
  }
}

void check_all(const std::vector<BadInput>& inputs) {
  const char* update = std::getenv("CROSSWEAVE_UPDATE_GOLDEN");
  const bool updating = update != nullptr && std::string{update} == "1";
  for (const BadInput& input : inputs) {
    // A section each, so that one can be run by its name (-c NAME), as tests/CMakeLists.txt does.
    SECTION(input.golden.stem().string()) {
      const Finished finished = run_program(CROSSWEAVE_BINARY, input.arguments, input.directory);
      CHECK(finished.status == 2);
      CHECK(finished.out.empty());
      CHECK_FALSE(finished.err.empty());
      if (updating) {
        std::ofstream{input.golden, std::ios::binary} << finished.err;
      } else {
        CHECK(finished.err == read_file(input.golden));
      }
    }
  }
}

}  // namespace

TEST_CASE("a wrong configuration is refused in the right words", "[bad_input]") {
  const std::vector<BadInput> inputs = bad_inputs("config", "check", {".yaml"});
  require_paired(inputs, "config");
  check_all(inputs);
}

TEST_CASE("a wrong network is refused in the right words", "[bad_input]") {
  const std::vector<BadInput> inputs = bad_inputs("network", "describe", {".yaml", ".onnx", ".cfg", ".json"});
  require_paired(inputs, "network");
  check_all(inputs);
}

TEST_CASE("a wrong command line is refused in the right words", "[bad_input]") {
  const std::vector<BadInput> inputs = bad_inputs("cli", "", {".args"});
  require_paired(inputs, "cli");
  check_all(inputs);
}

}  // namespace crossweave::test
