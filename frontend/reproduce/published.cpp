#include "frontend/reproduce/published.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include "arch/strict_yaml.h"
#include "frontend/report/text_table.h"

namespace crossweave {
namespace {

constexpr std::int64_t kMost = 1 << 20;
constexpr std::array<std::string_view, 2> kQuantityNames{"speedup", "utilization"};
constexpr std::array<std::string_view, 2> kTakeNames{"largest", "smallest"};

class Reader {
 public:
  Reader(const YamlNode& root, const std::filesystem::path& file, Diagnostics& out)
      : root_{root}, folder_{file.parent_path()}, out_{out} {}

  Publication read() {
    MapReader reader{root_, "", out_};
    result_.name = text(reader, "name");
    result_.architecture = folder_ / text(reader, "architecture");
    if (const YamlNode* node = reader.node("architecture")) {
      result_.architecture_where = node->where;
    }
    each(reader, "benchmarks", [&](MapReader& item) { result_.benchmarks.push_back(benchmark(item)); });
    each(reader, "layers", [&](MapReader& item) {
      result_.layers.push_back(
          {text(item, "name"), shape(item, "ifm"), shape(item, "ofm"), integer(item, "pes"), integer(item, "cycles")});
    });
    if (const YamlNode* node = reader.required_node("case_study", "a mapping")) {
      MapReader item{*node, "case_study", out_};
      result_.case_study = benchmark_named(item, "network", text(item, "network"));
      result_.case_study_extra_pes = integer(item, "extra_pes");
      result_.case_study_duplicated_layers = integer(item, "duplicated_layers");
      item.finish();
    }
    result_.preset = preset(reader, "preset");
    each(reader, "numbers", [&](MapReader& item) { result_.numbers.push_back(number(item)); });
    each(reader, "errata", [&](MapReader& item) {
      result_.errata.push_back({text(item, "where"), text(item, "published"), text(item, "found")});
    });
    reader.finish();
    return std::move(result_);
  }

 private:
  template <class Read>
  void each(MapReader& reader, const std::string& key, Read&& read) {
    const YamlNode* list = reader.required_node(key, "a list");
    if (list == nullptr) {
      return;
    }
    if (list->kind != YamlNode::Kind::sequence) {
      reader.error(key, "expected a list, got " + describe(*list));
      return;
    }
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      MapReader item{list->items[i], key + "[" + std::to_string(i) + "]", out_};
      read(item);
      item.finish();
    }
  }

  static std::string text(MapReader& reader, std::string_view key) {
    return reader.required_string(key).value_or(std::string{});
  }

  static int integer(MapReader& reader, std::string_view key) {
    return static_cast<int>(reader.required_integer(key, 0, kMost).value_or(0));
  }

  static Shape shape(MapReader& reader, std::string_view key) {
    static_cast<void>(reader.required_node(key, "H, W and C"));
    const auto extents = reader.integers(key, 3, 3, 1, kMost);
    return extents ? Shape{static_cast<int>((*extents)[0]), static_cast<int>((*extents)[1]),
                           static_cast<int>((*extents)[2])}
                   : Shape{};
  }

  template <class Enum, class Names>
  static Enum choice(MapReader& reader, std::string_view key, const Names& names) {
    return static_cast<Enum>(reader.required_choice(key, to_strings(names)).value_or(0));
  }

  PublishedBenchmark benchmark(MapReader& item) {
    PublishedBenchmark benchmark;
    benchmark.name = text(item, "name");
    if (const YamlNode* node = item.node("network")) {
      benchmark.network_where = node->where;
    }
    benchmark.network = folder_ / text(item, "network");
    benchmark.input = shape(item, "input");
    benchmark.base_layers = integer(item, "base_layers");
    benchmark.min_pes = integer(item, "min_pes");
    benchmark.where = text(item, "where");
    return benchmark;
  }

  std::size_t benchmark_named(MapReader& item, std::string_view key, const std::string& name) {
    const auto found = std::ranges::find(result_.benchmarks, name, &PublishedBenchmark::name);
    if (found == result_.benchmarks.end()) {
      std::vector<std::string> known;
      for (const PublishedBenchmark& benchmark : result_.benchmarks) {
        known.push_back(benchmark.name);
      }
      item.error(key, "no benchmark has the name '" + name + "'" + did_you_mean(name, known));
      return 0;
    }
    return static_cast<std::size_t>(found - result_.benchmarks.begin());
  }

  Preset preset(MapReader& reader, const std::string& key) {
    Preset preset;
    if (const YamlNode* node = reader.required_node(key, "a mapping")) {
      MapReader item{*node, reader.path_of(key), out_};
      preset.duplication = choice<Duplication>(item, "duplication", kDuplicationNames);
      preset.partition = choice<Partition>(item, "partition", kPartitionNames);
      static_cast<void>(item.required_node("set", "rows and columns"));
      if (const auto extents = item.integers("set", 2, 2, 0, kMost)) {
        preset.set = {static_cast<int>((*extents)[0]), static_cast<int>((*extents)[1])};
      }
      preset.order = choice<SetOrder>(item, "order", kSetOrderNames);
      item.finish();
    }
    return preset;
  }

  PublishedNumber number(MapReader& item) {
    PublishedNumber number;
    number.name = text(item, "name");
    number.where = text(item, "where");
    number.quantity = choice<PublishedNumber::Quantity>(item, "quantity", kQuantityNames);
    number.take = static_cast<PublishedNumber::Take>(item.choice("take", to_strings(kTakeNames)).value_or(0));
    number.mode = choice<ScheduleMode>(item, "mode", kScheduleModeNames);
    if (const YamlNode* names = item.required_node("networks", "a list of benchmarks")) {
      for (const YamlNode& name : names->items) {
        number.benchmarks.push_back(benchmark_named(item, "networks", name.scalar));
      }
      if (names->items.empty()) {
        item.error("networks", "expected a list of benchmarks, got " + describe(*names));
      }
    }
    static_cast<void>(item.required_node("extra_pes", "a list of numbers"));
    for (const std::int64_t count :
         item.integers("extra_pes", 1, 100, 0, kMost).value_or(std::vector<std::int64_t>{})) {
      number.extra_pes.push_back(static_cast<int>(count));
    }
    if (const auto over = item.integer("over", 0, kMost)) {
      number.over = static_cast<int>(*over);
    }
    number.published = value(item, "published");
    number.closest = preset(item, "closest");
    return number;
  }

  /// "21.9x", "4.1 %"
  static PublishedValue value(MapReader& item, std::string_view key) {
    const std::string written = text(item, key);
    PublishedValue value;
    const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), value.value);
    value.unit = std::string{end, written.data() + written.size()};
    const std::string digits{written.data(), end};
    if (error != std::errc{} || !(value.value > 0) || (value.unit != "x" && value.unit != " %")) {
      item.error(key, "expected a number such as 21.9x or 4.1 %, got \"" + written + "\"");
    }
    const std::size_t point = digits.find('.');
    value.decimals = point == std::string::npos ? 0 : static_cast<int>(digits.size() - point - 1);
    return value;
  }

  const YamlNode& root_;
  std::filesystem::path folder_;
  Diagnostics& out_;
  Publication result_;
};

}  // namespace

std::string to_string(const Preset& preset) {
  const auto extent = [](int pixels) { return pixels == 0 ? std::string{"all"} : std::to_string(pixels); };
  const std::string set = preset.automatic_sets ? "auto" : extent(preset.set.rows) + "x" + extent(preset.set.columns);
  return std::string{kDuplicationNames[static_cast<std::size_t>(preset.duplication)]} + ", " +
         std::string{kPartitionNames[static_cast<std::size_t>(preset.partition)]} + ", " + set + ", " +
         std::string{kSetOrderNames[static_cast<std::size_t>(preset.order)]};
}

std::string PublishedValue::text(double number) const { return fixed(number, decimals) + unit; }

bool PublishedValue::rounds_to(double number) const { return fixed(number, decimals) == fixed(value, decimals); }

Result<Publication> load_publication(const std::filesystem::path& file) {
  const Result<YamlNode> root = load_yaml(file);
  if (!root) {
    return root.error();
  }
  Diagnostics problems;
  Publication publication = Reader{*root, file, problems}.read();
  if (has_errors(problems)) {
    return problems;
  }
  return publication;
}

}  // namespace crossweave
