// Does `crossweave describe` print the paper's Table I, and draw the graph after every pass?
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace crossweave::test {
namespace {

using Json = nlohmann::json;
using Strings = std::vector<std::string>;

const std::string kNetworks = std::string{CROSSWEAVE_SOURCE_DIR} + "/configs/networks/";

Finished describe(const std::string& network, const Strings& more, const std::filesystem::path& directory = "/") {
  Strings arguments{"describe", network};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_program(CROSSWEAVE_BINARY, arguments, directory);
}

Json describe_json(const std::string& network, Strings more = {}) {
  more.emplace_back("--json");
  const Finished finished = describe(network, more);
  INFO(finished.err);
  REQUIRE(finished.status == 0);
  return Json::parse(finished.out);
}

Json layer_named(const Json& description, const std::string& name) {
  for (const Json& layer : description.at("layers")) {
    if (layer.at("name") == name) {
      return layer;
    }
  }
  return {};
}

/// The cells of the row that begins with a word; columns stand two spaces or more apart.
Strings row_of(const std::string& text, const std::string& word) {
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(word + " ")) {
      continue;
    }
    Strings cells;
    for (std::size_t begin = 0; begin < line.size();) {
      const std::size_t end = std::min(line.find("  ", begin), line.size());
      cells.push_back(line.substr(begin, end - begin));
      begin = std::min(line.find_first_not_of(' ', end), line.size());
    }
    return cells;
  }
  return {};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) {
    ++found;
  }
  return found;
}

const std::string kBaseLayer = "fillcolor=\"#b7dfb0\"";

}  // namespace

TEST_CASE("every row of the paper's Table I is printed", "[describe]") {
  const Finished finished = describe(kNetworks + "tinyyolov4.yaml", {});
  REQUIRE(finished.status == 0);
  CHECK(finished.err.empty());
  const auto expect = [&](const std::string& layer, const std::string& ifm, const std::string& ofm,
                          const std::string& kernel, const std::string& pes, const std::string& grid,
                          const std::string& cycles, const std::string& share) {
    CAPTURE(layer);
    const Strings row = row_of(finished.out, layer);
    REQUIRE(row.size() == 11);
    CHECK(row[2] == ifm);
    CHECK(row[3] == ofm);
    CHECK(row[4] == kernel);
    CHECK(row[6] == pes);
    CHECK(row[7] == grid);
    CHECK(row[8] == cycles);
    CHECK(row[9] == share);
  };
  expect("conv2d", "(417, 417, 3)", "(208, 208, 32)", "3x3", "1", "1 x 1", "43264", "38.3 %");
  expect("conv2d_1", "(209, 209, 32)", "(104, 104, 64)", "3x3", "2", "2 x 1", "10816", "9.6 %");
  expect("conv2d_2", "(106, 106, 64)", "(104, 104, 64)", "3x3", "3", "3 x 1", "10816", "9.6 %");
  expect("conv2d_16", "(15, 15, 256)", "(13, 13, 512)", "3x3", "18", "9 x 2", "169", "0.1 %");
  expect("conv2d_20", "(26, 26, 256)", "(26, 26, 255)", "1x1", "1", "1 x 1", "676", "0.6 %");
  expect("conv2d_17", "(13, 13, 512)", "(13, 13, 255)", "1x1", "2", "2 x 1", "169", "0.1 %");
  CHECK(row_of(finished.out, "total") == Strings{"total", "117", "113061", "100.0 %", "78.9 %"});
  CHECK(finished.out.find("\ninput input: (416, 416, 3)\n") != std::string::npos);
  CHECK(finished.out.find("(13, 13, 255)\noutput ") != std::string::npos);
  // 117 * 256 * 256 = 7667712.
  CHECK(finished.out.find("crossbar cells: 6049888 used, 1617824 wasted;") != std::string::npos);
}

TEST_CASE("the JSON has all that the table has", "[describe]") {
  const Json json = describe_json(kNetworks + "tinyyolov4.yaml");
  CHECK(json.at("name") == "tinyyolov4");
  CHECK(json.at("inputs") == Json::parse(R"([{"name": "input", "shape": [416, 416, 3]}])"));
  CHECK(json.at("outputs").size() == 2);
  CHECK(json.at("outputs")[0].at("shape") == Json({13, 13, 255}));
  CHECK(json.at("outputs")[1].at("shape") == Json({26, 26, 255}));
  CHECK(json.at("crossbar") == Json({256, 256}));
  CHECK(json.at("weight_bits") == 4);
  CHECK(json.at("bits_per_cell") == 4);
  CHECK(json.at("cells_per_weight") == 1);
  CHECK(json.at("layers")[0].at("weight_bits") == 4);
  CHECK(json.at("base_layers") == 21);
  CHECK(json.at("min_pes") == 117);
  CHECK(json.at("layer_by_layer_cycles") == 113061);
  CHECK(json.at("conservative") == Json::array());
  CHECK(json.at("warnings") == Json::array());
  CHECK(json.at("cells").at("total") == 7667712);
  CHECK(json.at("cells").at("used") == 6049888);
  CHECK(json.at("cells").at("wasted") == 1617824);
  CHECK(json.at("cells").at("utilization").get<double>() == Approx(6049888.0 / 7667712));
  REQUIRE(json.at("layers").size() == 21);
  std::int64_t used = 0;
  double share = 0;
  for (const Json& layer : json.at("layers")) {
    used += layer.at("cells").at("used").get<std::int64_t>();
    share += layer.at("share").get<double>();
  }
  CHECK(used == 6049888);
  CHECK(share == Approx(1));
  const Json layer = layer_named(json, "conv2d_1");
  CHECK(layer.at("operation") == "conv2d");
  CHECK(layer.at("ifm") == Json({209, 209, 32}));
  CHECK(layer.at("ofm") == Json({104, 104, 64}));
  CHECK(layer.at("kernel") == Json({3, 3}));
  CHECK(layer.at("stride") == Json({2, 2}));
  CHECK(layer.at("dilation") == Json({1, 1}));
  CHECK(layer.at("groups") == 1);
  CHECK(layer.at("pes_vertical") == 2);
  CHECK(layer.at("pes_horizontal") == 1);
  CHECK(layer.at("pes") == 2);
  CHECK(layer.at("cycles") == 10816);
  CHECK(layer.at("share").get<double>() == Approx(10816.0 / 113061));
  CHECK(layer.at("cells").at("used") == 3 * 3 * 32 * 64);
  CHECK(layer.at("cells").at("wasted") == 2 * 65536 - 3 * 3 * 32 * 64);
  CHECK(json.at("operations").size() == 90);
}

TEST_CASE("crossbars and bits are options", "[describe]") {
  const std::string network = kNetworks + "tinyyolov4.yaml";
  // conv2d_16: 2304 rows by 512 columns.
  const auto pes = [&](const Strings& options) {
    const Json layer = layer_named(describe_json(network, options), "conv2d_16");
    return std::pair{layer.at("pes_vertical").get<int>(), layer.at("pes_horizontal").get<int>()};
  };
  CHECK(pes({"--crossbar", "128x128"}) == std::pair{18, 4});
  CHECK(pes({"--crossbar", "1024x64"}) == std::pair{3, 8});
  CHECK(pes({"--weight-bits", "8"}) == std::pair{9, 4});
  CHECK(pes({"--weight-bits", "8", "--bits-per-cell", "8"}) == std::pair{9, 2});
  CHECK(pes({"--bits-per-cell", "1"}) == std::pair{9, 8});
  // 3 cells a weight: 85 channels a crossbar.
  CHECK(pes({"--weight-bits", "9"}) == std::pair{9, 7});
  const Finished finished = describe(network, {"--weight-bits", "9"});
  CHECK(finished.out.find("a weight of 9 bits takes 3 cells of 4 bits\n") != std::string::npos);
}

TEST_CASE("what is handled conservatively is said", "[describe]") {
  const TemporaryDirectory directory;
  const std::filesystem::path file = directory.path() / "net.yaml";
  std::ofstream{file} << "name: net\ninput: [4, 4, 2]\nlayers:\n"
                         "  - {op: conv, name: first, filters: 4, kernel: 1}\n"
                         "  - {op: reshape, name: fold, shape: [8, 2, 4]}\n"
                         "  - {op: conv, name: second, filters: 4, kernel: 1}\n"
                         "  - {op: flatten}\n"
                         "  - {op: dense, name: inner, units: 3}\n";
  const Json json = describe_json(file.string(), {"--include-top"});
  CHECK(json.at("conservative") == Json({"fold"}));
  const Finished finished = describe(file.string(), {});
  CHECK(finished.out.find("\ntaken to need their whole input, as places in it are not known: fold\n") !=
        std::string::npos);
}

TEST_CASE("the graph is drawn after every pass", "[describe]") {
  const TemporaryDirectory directory;
  const auto draw = [&](const Strings& options) {
    Strings all{"--dot", "net.dot"};
    all.insert(all.end(), options.begin(), options.end());
    const Finished finished = describe(kNetworks + "tinyyolov4.yaml", all, directory.path());
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    CHECK(finished.out == describe(kNetworks + "tinyyolov4.yaml", {}).out);
    return read_file(directory.path() / "net.dot");
  };
  const std::string imported = draw({"--after", "import"});
  CHECK(imported.find("digraph \"tinyyolov4\" {\n") == 0);
  CHECK(count(imported, kBaseLayer) == 21);
  CHECK(count(imported, "batch_norm\"") == 19);
  CHECK(draw({"--after", "drop_top"}) == imported);
  const std::string folded = draw({"--after", "fold_batch_norm"});
  CHECK(count(folded, "batch_norm\"") == 0);
  CHECK(count(folded, " + bias\"") == 21);
  const std::string decoupled = draw({"--after", "decouple_padding_and_bias"});
  CHECK(count(decoupled, " + bias\"") == 0);
  CHECK(count(decoupled, "\\nbias\"") == 21);
  CHECK(draw({"--after", "partition_base_layers"}) == decoupled);
  const std::string quantized = draw({"--after", "quantize"});
  CHECK(count(quantized, "\\nquantize\"") == 21);
  CHECK(draw({}) == quantized);
  CHECK(draw({"--after", "rewrite_duplicates"}) == quantized);
  // Four copies of conv2d, which takes four times the cycles of the next and comes before it.
  const std::string rewritten = draw({"--after", "rewrite_duplicates", "--extra-pes", "4"});
  CHECK(count(rewritten, kBaseLayer) == 25);
  CHECK(count(rewritten, "\\nslice from") > count(quantized, "\\nslice from"));
  CHECK(rewritten != draw({"--after", "rewrite_duplicates", "--extra-pes", "16", "--duplication", "sum"}));
  CHECK(rewritten == draw({"--after", "rewrite_duplicates", "--extra-pes", "4", "--duplication", "bottleneck"}));
}

TEST_CASE("wrong options of describe end with status 2", "[describe]") {
  const TemporaryDirectory directory;
  const auto refused = [&](const Strings& options) {
    const Finished finished = describe(kNetworks + "tinyyolov4.yaml", options, directory.path());
    CHECK(finished.status == 2);
    CHECK(finished.out.empty());
    return finished.err;
  };
  for (const Strings& options : std::vector<Strings>{{"--crossbar", "128"},
                                                     {"--crossbar", "128x128x1"},
                                                     {"--crossbar", "x"},
                                                     {"--crossbar", "128x"},
                                                     {"--crossbar", "+128x128"},
                                                     {"--weight-bits", "0"},
                                                     {"--weight-bits", "4.0"},
                                                     {"--bits-per-cell", "65"},
                                                     {"--after", "quantize"},
                                                     {"--after", "quantise", "--dot", "x.dot"},
                                                     {"--extra-pes", "4", "--dot", "x.dot"},
                                                     {"--dot", "."}}) {
    CAPTURE(options);
    CHECK(refused(options).find("error: ") != std::string::npos);
  }
  CHECK_FALSE(std::filesystem::exists(directory.path() / "x.dot"));
}

}  // namespace crossweave::test
