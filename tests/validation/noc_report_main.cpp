// noc_report DOCUMENT: measures the networks on chip beside the reference data, and writes the tables into the
// document's parts and the plots into images/ beside it.
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "tests/support/report_blocks.h"
#include "tests/validation/noc_report.h"

// Where SystemC is linked its library asks for it.
extern "C" int sc_main(int, char**);

int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) {
  std::ofstream stream{file, std::ios::binary};
  stream << text;
  if (!stream.flush()) {
    throw std::runtime_error{"cannot write " + file.string()};
  }
}

void update(const fs::path& document) {
  std::ifstream stream{document, std::ios::binary};
  if (!stream) {
    throw std::runtime_error{"cannot read " + document.string()};
  }
  std::string text{std::istreambuf_iterator<char>{stream}, {}};
  const crossweave::validation::NocReport report = crossweave::validation::noc_report();
  for (const auto& [name, table] : report.tables) {
    text = crossweave::test::with_part(text, name, table);
  }
  write(document, text);
  for (const auto& [name, plot] : report.plots) {
    write(document.parent_path() / "images" / name, plot);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) {
      throw std::runtime_error{"usage: noc_report DOCUMENT"};
    }
    update(argv[1]);
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return 2;
  }
  return 0;
}
