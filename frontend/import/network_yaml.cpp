#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <limits>
#include <map>
#include <unordered_map>

#include "arch/strict_yaml.h"
#include "frontend/import/function_names.h"
#include "frontend/import/import_limits.h"
#include "frontend/import/network_file.h"

namespace crossweave {
namespace {

constexpr const char* kOpen = "?";
constexpr std::string_view kDefaultInput = "input";
/// As wide as an architecture's numbers may be.
constexpr int kMaxBits = 64;
constexpr int kMaxChannels = std::numeric_limits<int>::max();

/// An operation that may still need the shape of its first input ("same" padding, flatten, omitted ranges of a slice).
using KindForShape = std::function<OperationKind(const Shape&)>;

/// One operation of a layer: the layer's own, or one that its shorthand adds behind it.
struct Step {
  /// Behind the layer's name; empty for the layer's own operation.
  std::string suffix;
  KindForShape kind;
};

/// What a layer's keys say, read without a look at the rest of the network.
using Steps = std::vector<Step>;

template <std::size_t Size>
bool contains(const std::array<std::string_view, Size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// --- values of keys ---

int narrow(std::int64_t value) { return static_cast<int>(value); }

/// A width in bits; 0 when none is stated.
int read_bits(MapReader& reader, std::string_view key) { return narrow(reader.integer(key, 1, kMaxBits).value_or(0)); }

/// `n` for both axes or `[h, w]`; the fallback when absent or wrong.
Extent read_extent(MapReader& reader, std::string_view key, Extent fallback) {
  const YamlNode* node = reader.node(key);
  if (node == nullptr) {
    return fallback;
  }
  if (node->kind != YamlNode::Kind::sequence) {
    const std::optional<std::int64_t> both = reader.integer(key, 1, kMaxImportExtent);
    return both ? Extent{narrow(*both), narrow(*both)} : fallback;
  }
  const std::optional<std::vector<std::int64_t>> values = reader.integers(key, 2, 2, 1, kMaxImportExtent);
  return values ? Extent{narrow((*values)[0]), narrow((*values)[1])} : fallback;
}

Extent read_required_extent(MapReader& reader, std::string_view key) {
  static_cast<void>(reader.required_node(key, "a number or [height, width]"));
  return read_extent(reader, key, {});
}

/// `same`, `valid`, `n` or `[top, bottom, left, right]`; nullopt is `same`.
std::optional<Padding> read_padding(MapReader& reader) {
  const YamlNode* node = reader.node("padding");
  if (node == nullptr) {
    return Padding{};
  }
  if (node->kind == YamlNode::Kind::sequence) {
    const std::optional<std::vector<std::int64_t>> sides = reader.integers("padding", 4, 4, 0, kMaxImportExtent);
    return sides ? Padding{narrow((*sides)[0]), narrow((*sides)[1]), narrow((*sides)[2]), narrow((*sides)[3])}
                 : Padding{};
  }
  if (node->scalar == "same") {
    return std::nullopt;
  }
  const bool is_word = node->quoted || (!node->scalar.empty() && node->scalar.find_first_of("0123456789") != 0);
  if (node->scalar == "valid") {
    return Padding{};
  }
  if (node->kind == YamlNode::Kind::scalar && is_word) {
    reader.error("padding", "expected same, valid, a number or [top, bottom, left, right], got " + describe(*node) +
                                did_you_mean(node->scalar, {"same", "valid"}));
    return Padding{};
  }
  const int all = narrow(reader.integer("padding", 0, kMaxImportExtent).value_or(0));
  return Padding{all, all, all, all};
}

/// A shape of H, W, C; an open extent ('?') is 0 where that is allowed.
std::optional<Shape> read_shape(const YamlNode& node, const std::string& path, bool may_be_open, Diagnostics& out) {
  const auto expected = [&](const YamlNode& at, const std::string& where, const std::string& what) {
    out.push_back({at.where, where + ": expected " + what + ", got " + describe(at)});
    return std::nullopt;
  };
  if (node.kind == YamlNode::Kind::sequence && node.items.size() != 3) {
    out.push_back({node.where, path + ": expected [height, width, channels], got " + std::to_string(node.items.size()) +
                                   " values"});
    return std::nullopt;
  }
  if (node.kind != YamlNode::Kind::sequence) {
    return expected(node, path, "[height, width, channels]");
  }
  std::array<int, 3> extents{};
  for (std::size_t i = 0; i < extents.size(); ++i) {
    const YamlNode& item = node.items[i];
    if (may_be_open && item.kind == YamlNode::Kind::scalar && item.scalar == kOpen) {
      continue;
    }
    const char* const end = item.scalar.data() + item.scalar.size();
    const auto [stop, problem] = std::from_chars(item.scalar.data(), end, extents[i]);
    if (item.kind != YamlNode::Kind::scalar || item.quoted || problem != std::errc{} || stop != end || extents[i] < 1) {
      return expected(item, path + "[" + std::to_string(i) + "]",
                      std::string{"a positive integer"} + (may_be_open ? " or '?'" : ""));
    }
  }
  const Shape shape{extents[0], extents[1], extents[2]};
  if (shape.pixels() > 0 && shape.channels > std::numeric_limits<std::int64_t>::max() / shape.pixels()) {
    out.push_back({node.where, path + ": the shape is too large"});
    return std::nullopt;
  }
  return shape;
}

// --- operations, each with its keys ---

Steps only(OperationKind kind) {
  return {{"", [kind = std::move(kind)](const Shape&) { return kind; }}};
}

/// Adds what `batch_norm: true` and `activation: NAME` stand for, in that order.
void read_shorthand(MapReader& reader, Steps& steps) {
  if (reader.boolean("batch_norm").value_or(false)) {
    steps.push_back({"/batch_norm", [](const Shape&) { return BatchNorm{}; }});
  }
  const std::vector<std::string> functions = to_strings(kActivationFunctions);
  if (const std::optional<std::size_t> index = reader.choice("activation", functions)) {
    const std::string& function = functions[*index];
    steps.push_back({"/" + function, [function](const Shape&) { return Activation{function}; }});
  }
}

Steps read_conv(MapReader& reader) {
  Conv2d conv;
  conv.filters = narrow(reader.required_integer("filters", 1, kMaxImportExtent).value_or(1));
  conv.kernel = read_required_extent(reader, "kernel");
  conv.stride = read_extent(reader, "stride", conv.stride);
  conv.dilation = read_extent(reader, "dilation", conv.dilation);
  const std::optional<Padding> padding = read_padding(reader);
  conv.groups = narrow(reader.integer("groups", 1, kMaxImportExtent).value_or(conv.groups));
  conv.bias = reader.boolean("bias").value_or(conv.bias);
  conv.weight_bits = read_bits(reader, "weight_bits");
  Steps steps{{"", [conv, padding](const Shape& in) {
                 Conv2d padded = conv;
                 padded.padding = padding ? *padding : same_padding(in, conv.kernel, conv.stride, conv.dilation);
                 return padded;
               }}};
  read_shorthand(reader, steps);
  return steps;
}

Steps read_dense(MapReader& reader) {
  Dense dense;
  dense.units = narrow(reader.required_integer("units", 1, kMaxImportExtent).value_or(1));
  dense.bias = reader.boolean("bias").value_or(dense.bias);
  dense.weight_bits = read_bits(reader, "weight_bits");
  Steps steps = only(dense);
  read_shorthand(reader, steps);
  return steps;
}

Steps read_pool(MapReader& reader, Pool::Kind kind) {
  Pool pool;
  pool.kind = kind;
  pool.kernel = read_required_extent(reader, "kernel");
  // As in every framework that has a default at all: windows side by side.
  pool.stride = read_extent(reader, "stride", pool.kernel);
  pool.dilation = read_extent(reader, "dilation", pool.dilation);
  const std::optional<Padding> padding = read_padding(reader);
  pool.ceil_mode = reader.boolean("ceil_mode").value_or(pool.ceil_mode);
  return {{"", [pool, padding](const Shape& in) {
             Pool padded = pool;
             padded.padding = padding ? *padding : same_padding(in, pool.kernel, pool.stride, pool.dilation);
             return padded;
           }}};
}

Steps read_pad(MapReader& reader) {
  static_cast<void>(reader.required_node("padding", "a number or [top, bottom, left, right]"));
  const std::optional<Padding> padding = read_padding(reader);
  if (!padding) {
    reader.error("padding", "'same' needs a window; give a number or [top, bottom, left, right]");
  }
  return only(Pad{padding.value_or(Padding{})});
}

Steps read_concat(MapReader& reader) {
  const std::optional<std::size_t> along = reader.choice("along", {"rows", "columns", "channels"});
  constexpr std::array kAlong{Concat::Along::rows, Concat::Along::columns, Concat::Along::channels};
  return only(Concat{along ? kAlong[*along] : Concat{}.along});
}

Steps read_slice(MapReader& reader) {
  // [begin, end) of an axis; the whole of it when absent.
  const auto range = [&](std::string_view key) -> std::optional<Interval> {
    const std::optional<std::vector<std::int64_t>> ends = reader.integers(key, 2, 2, 0, kMaxChannels);
    if (!ends) {
      return std::nullopt;
    }
    const Interval interval{narrow((*ends)[0]), narrow((*ends)[1])};
    if (interval.empty()) {
      reader.error(key, "expected [begin, end] with begin before end");
    }
    return interval;
  };
  const std::optional<Interval> rows = range("rows");
  const std::optional<Interval> columns = range("columns");
  const std::optional<Interval> channels = range("channels");
  return {{"", [rows, columns, channels](const Shape& in) {
             const Interval h = rows.value_or(Interval{0, in.height});
             const Interval w = columns.value_or(Interval{0, in.width});
             const Interval c = channels.value_or(Interval{0, in.channels});
             return Slice{.first = {h.begin, w.begin, c.begin}, .extent = {h.size(), w.size(), c.size()}};
           }}};
}

Steps read_upsample(MapReader& reader) { return only(Upsample{read_required_extent(reader, "factor")}); }

Steps read_reshape(MapReader& reader) {
  const YamlNode* node = reader.required_node("shape", "[height, width, channels]");
  const std::optional<Shape> shape =
      node == nullptr ? std::nullopt : read_shape(*node, reader.path_of("shape"), false, reader.diagnostics());
  return only(Reshape{shape.value_or(Shape{1, 1, 1})});
}

Steps read_flatten(MapReader&) {
  return {{"", [](const Shape& in) {
             // More elements than an extent can count fail as a shape of another size.
             const std::int64_t elements = std::min<std::int64_t>(in.elements(), kMaxChannels);
             return Reshape{{1, 1, narrow(elements)}};
           }}};
}

/// An `op`, the stem of its default names (Keras' own: conv2d, conv2d_1), and the reader of its keys.
struct OperationFormat {
  std::string_view op;
  std::string_view default_name;
  Steps (*read)(MapReader&);
};

constexpr std::array<OperationFormat, 13> kFormats{{
    {"conv", "conv2d", read_conv},
    {"dense", "dense", read_dense},
    {"bias", "bias", [](MapReader&) { return only(Bias{}); }},
    {"batch_norm", "batch_norm", [](MapReader&) { return only(BatchNorm{}); }},
    {"max_pool", "max_pool", [](MapReader& reader) { return read_pool(reader, Pool::Kind::max); }},
    {"average_pool", "average_pool", [](MapReader& reader) { return read_pool(reader, Pool::Kind::average); }},
    {"global_max_pool", "global_max_pool", [](MapReader&) { return only(GlobalPool{Pool::Kind::max}); }},
    {"global_average_pool", "global_average_pool", [](MapReader&) { return only(GlobalPool{Pool::Kind::average}); }},
    {"pad", "pad", read_pad},
    {"concat", "concat", read_concat},
    {"slice", "slice", read_slice},
    {"upsample", "upsample", read_upsample},
    {"reshape", "reshape", read_reshape},
}};

/// `flatten` is a reshape that needs no shape; to_yaml writes the shape.
constexpr OperationFormat kFlatten{"flatten", "flatten", read_flatten};

std::vector<std::string> operation_names() {
  std::vector<std::string> names{std::string{kFlatten.op}};
  for (const OperationFormat& format : kFormats) {
    names.emplace_back(format.op);
  }
  names.insert(names.end(), kActivationFunctions.begin(), kActivationFunctions.end());
  names.insert(names.end(), kElementwiseFunctions.begin(), kElementwiseFunctions.end());
  return names;
}

const OperationFormat* find_format(std::string_view op) {
  if (op == kFlatten.op) {
    return &kFlatten;
  }
  const auto found =
      std::find_if(kFormats.begin(), kFormats.end(), [&](const auto& format) { return format.op == op; });
  return found == kFormats.end() ? nullptr : &*found;
}

// --- the document ---

class NetworkYamlReader {
 public:
  NetworkYamlReader(const YamlNode& root, const std::optional<Shape>& input_shape)
      : root_{root}, input_shape_{input_shape}, document_{root, "", diagnostics_} {}

  Result<NetworkImport> read() {
    graph_ = NetworkGraph{document_.required_string("name").value_or("")};
    static_cast<void>(document_.string("source"));
    read_inputs();
    read_layers();
    document_.finish();
    if (has_errors(diagnostics_)) {
      return diagnostics_;
    }
    return NetworkImport{std::move(graph_), {}};
  }

 private:
  void error(const SourcePosition& where, std::string message) { diagnostics_.push_back({where, std::move(message)}); }

  void read_inputs();
  void read_input(const std::string& name, const SourcePosition& where, const YamlNode& shape, const std::string& path,
                  bool only_input);
  void read_layers();
  void read_layer(const YamlNode& node, const std::string& path);
  std::optional<Steps> read_operation(MapReader& reader, std::string& stem);
  std::string layer_name(MapReader& reader, const std::string& stem);
  std::optional<std::vector<std::string>> input_names(MapReader& reader, const YamlNode& node);
  std::optional<std::vector<OperationId>> resolve(const std::vector<std::string>& names, const YamlNode* list,
                                                  const std::string& path);
  /// Takes a name, or reports who has it already and returns false.
  bool claim(const std::string& name, const SourcePosition& where, const std::string& path);
  /// Adds a layer's operations, or reports why it cannot.
  void add(const Steps& steps, const std::string& name, std::vector<OperationId> inputs, int output_bits,
           const YamlNode& node, const std::string& path);

  const YamlNode& root_;
  std::optional<Shape> input_shape_;
  Diagnostics diagnostics_;
  MapReader document_;
  NetworkGraph graph_{""};
  /// Every name so far and its place. One without a result is broken: what reads it is not reported again.
  std::map<std::string, SourcePosition> names_;
  /// What a name in `inputs:` stands for: a layer's result, the last of its operations.
  std::unordered_map<std::string, OperationId> results_;
  std::unordered_map<std::string, int> defaults_used_;
  /// The default input of the next layer; empty when there is none to choose.
  std::string previous_;
  /// Nothing says which of several inputs the first layer reads.
  bool first_must_choose_{false};
};

void NetworkYamlReader::read_inputs() {
  const YamlNode* one = document_.node("input");
  const YamlNode* several = document_.node("inputs");
  if ((one == nullptr) == (several == nullptr)) {
    error(root_.where, one == nullptr ? "missing key 'input': expected [height, width, channels]"
                                      : "'input' and 'inputs' exclude each other");
    // The layers are still checked, as far as that needs no shape.
    names_.emplace(kDefaultInput, root_.where);
    previous_ = kDefaultInput;
    return;
  }
  if (one != nullptr) {
    read_input(std::string{kDefaultInput}, one->where, *one, "input", true);
    previous_ = kDefaultInput;
    return;
  }
  if (several->kind != YamlNode::Kind::mapping || several->entries.empty()) {
    document_.error("inputs", "expected a mapping of names to [height, width, channels], got " + describe(*several));
    return;
  }
  const bool only_input = several->entries.size() == 1;
  if (input_shape_ && !only_input) {
    document_.error("inputs",
                    "input_shape cannot be given: there are " + std::to_string(several->entries.size()) + " inputs");
  }
  for (const YamlNode::Entry& entry : several->entries) {
    read_input(entry.key, entry.where, entry.value, "inputs." + entry.key, only_input);
  }
  first_must_choose_ = !only_input;
  if (only_input) {
    previous_ = several->entries.front().key;
  }
}

void NetworkYamlReader::read_input(const std::string& name, const SourcePosition& where, const YamlNode& shape,
                                   const std::string& path, bool only_input) {
  if (!claim(name, where, path)) {
    return;
  }
  std::optional<Shape> stated = read_shape(shape, path, true, diagnostics_);
  if (!stated) {
    return;
  }
  const auto agrees = [](int declared, int given) { return declared == 0 || declared == given; };
  const bool open = stated->height == 0 || stated->width == 0 || stated->channels == 0;
  if (input_shape_ && only_input) {
    if (!agrees(stated->height, input_shape_->height) || !agrees(stated->width, input_shape_->width) ||
        !agrees(stated->channels, input_shape_->channels)) {
      error(shape.where,
            path + ": the file states " + to_text(*stated) + ", input_shape says " + to_text(*input_shape_));
      return;
    }
    stated = input_shape_;
  } else if (open) {
    error(shape.where, path + ": the shape " + to_text(*stated) + " is open; give input_shape (H, W, C)");
    return;
  }
  const Result<OperationId, Failure> added = graph_.add(name, Input{*stated}, {});
  if (!added) {
    error(shape.where, path + ": " + added.error().message);
    return;
  }
  results_.emplace(name, *added);
}

void NetworkYamlReader::read_layers() {
  const YamlNode* layers = document_.required_node("layers", "a list of layers");
  if (layers == nullptr) {
    return;
  }
  if (layers->kind != YamlNode::Kind::sequence || layers->items.empty()) {
    document_.error("layers", "expected a list of layers, got " +
                                  (layers->kind == YamlNode::Kind::sequence ? "an empty one" : describe(*layers)));
    return;
  }
  for (std::size_t i = 0; i < layers->items.size(); ++i) {
    read_layer(layers->items[i], "layers[" + std::to_string(i) + "]");
  }
}

void NetworkYamlReader::read_layer(const YamlNode& node, const std::string& path) {
  const std::size_t problems_before = diagnostics_.size();
  MapReader reader{node, path, diagnostics_};
  std::string stem;
  const std::optional<Steps> steps = read_operation(reader, stem);
  const std::string name = layer_name(reader, stem);
  const std::optional<std::vector<std::string>> inputs = input_names(reader, node);
  first_must_choose_ = false;
  const int output_bits = read_bits(reader, "output_bits");
  if (steps) {
    // Keys cannot be judged without the operation that they belong to.
    reader.finish();
  }
  std::optional<std::vector<OperationId>> sources;
  if (inputs) {
    sources = resolve(*inputs, reader.node("inputs"), reader.path_of("inputs"));
  }
  previous_.clear();
  if (claim(name, reader.has("name") ? reader.node("name")->where : node.where, reader.path_of("name"))) {
    previous_ = name;
    if (steps && sources && diagnostics_.size() == problems_before) {
      add(*steps, name, *std::move(sources), output_bits, node, path);
    }
  }
}

std::optional<Steps> NetworkYamlReader::read_operation(MapReader& reader, std::string& stem) {
  const std::optional<std::string> op = reader.required_string("op");
  if (!op) {
    stem = "layer";
    return std::nullopt;
  }
  stem = *op;
  if (const OperationFormat* format = find_format(*op)) {
    stem = format->default_name;
    return format->read(reader);
  }
  if (contains(kActivationFunctions, *op)) {
    return only(Activation{*op});
  }
  if (contains(kElementwiseFunctions, *op)) {
    return only(Elementwise{*op});
  }
  const std::vector<std::string> known = operation_names();
  std::string hint = did_you_mean(*op, known);
  if (hint.empty()) {
    for (const std::string& name : known) {
      hint += (hint.empty() ? "; known: " : ", ") + name;
    }
  }
  reader.error("op", "unknown operation '" + *op + "'" + hint);
  return std::nullopt;
}

/// The stated name or the next free default one.
std::string NetworkYamlReader::layer_name(MapReader& reader, const std::string& stem) {
  if (reader.has("name")) {
    // A name that is no text has been reported; any other will do for the layer.
    return reader.string("name").value_or(stem + "/" + std::to_string(diagnostics_.size()));
  }
  int& used = defaults_used_[stem];
  std::string name;
  do {
    name = used == 0 ? stem : stem + "_" + std::to_string(used);
    ++used;
  } while (names_.contains(name));
  return name;
}

std::optional<std::vector<std::string>> NetworkYamlReader::input_names(MapReader& reader, const YamlNode& node) {
  const YamlNode* list = reader.node("inputs");
  if (list == nullptr) {
    if (!previous_.empty()) {
      return std::vector{previous_};
    }
    if (first_must_choose_) {
      error(node.where, reader.path() + ": the first layer must name its inputs: the network has several");
    }
    return std::nullopt;
  }
  const auto is_name = [](const YamlNode& item) { return item.kind == YamlNode::Kind::scalar && !item.scalar.empty(); };
  if (list->kind != YamlNode::Kind::sequence || list->items.empty() ||
      !std::all_of(list->items.begin(), list->items.end(), is_name)) {
    reader.error("inputs", "expected a list of names of layers, got " + describe(*list));
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (const YamlNode& item : list->items) {
    names.push_back(item.scalar);
  }
  return names;
}

/// The operations behind the names; nullopt when one is unknown (reported) or broken (reported before).
std::optional<std::vector<OperationId>> NetworkYamlReader::resolve(const std::vector<std::string>& names,
                                                                   const YamlNode* list, const std::string& path) {
  std::vector<OperationId> operations;
  bool complete = true;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (const auto found = results_.find(names[i]); found != results_.end()) {
      operations.push_back(found->second);
      continue;
    }
    complete = false;
    if (!names_.contains(names[i])) {
      std::vector<std::string> candidates;
      for (const auto& [candidate, where] : names_) {
        candidates.push_back(candidate);
      }
      error(list->items[i].where, path + "[" + std::to_string(i) + "]: no layer '" + names[i] +
                                      "' stands before this one" + did_you_mean(names[i], candidates));
    }
  }
  return complete ? std::optional{std::move(operations)} : std::nullopt;
}

bool NetworkYamlReader::claim(const std::string& name, const SourcePosition& where, const std::string& path) {
  const auto [entry, is_new] = names_.emplace(name, where);
  if (!is_new) {
    const SourcePosition& first = entry->second;
    error(where, path + ": duplicate name '" + name + "', first given at " + first.file + ":" +
                     std::to_string(first.line) + ":" + std::to_string(first.column));
  }
  return is_new;
}

void NetworkYamlReader::add(const Steps& steps, const std::string& name, std::vector<OperationId> inputs,
                            int output_bits, const YamlNode& node, const std::string& path) {
  for (const Step& step : steps) {
    const std::string step_name = name + step.suffix;
    if (!step.suffix.empty() && !claim(step_name, node.where, path)) {
      return;
    }
    const Shape first = graph_[inputs.front()].output;
    const Result<OperationId, Failure> added = graph_.add(step_name, step.kind(first), std::move(inputs));
    if (!added) {
      std::string message = path;
      message.append(": layer '").append(step_name).append("': ").append(added.error().message);
      error(node.where, std::move(message));
      return;
    }
    inputs = {*added};
    results_.insert_or_assign(step_name, *added);
  }
  // Of the last operation: it makes what the layer's name stands for.
  graph_.set_output_bits(inputs.front(), output_bits);
  results_.insert_or_assign(name, inputs.front());
}

// --- writing ---

std::string text(const Shape& shape) {
  return "[" + std::to_string(shape.height) + ", " + std::to_string(shape.width) + ", " +
         std::to_string(shape.channels) + "]";
}

std::string text(Extent extent) {
  return "[" + std::to_string(extent.height) + ", " + std::to_string(extent.width) + "]";
}

std::string text(const Padding& padding) {
  return "[" + std::to_string(padding.top) + ", " + std::to_string(padding.bottom) + ", " +
         std::to_string(padding.left) + ", " + std::to_string(padding.right) + "]";
}

std::string text(bool value) { return value ? "true" : "false"; }

std::string range_text(int first, int extent) {
  return "[" + std::to_string(first) + ", " + std::to_string(first + extent) + "]";
}

/// The key of a width that is stated.
std::string bits_text(const std::string& key, int bits) {
  return bits == 0 ? "" : ", " + key + ": " + std::to_string(bits);
}

/// The value of `op:` for an operation.
std::string_view op_text(const OperationKind& kind) {
  return std::holds_alternative<Conv2d>(kind) ? "conv" : operation_name(kind);
}

/// The keys of an operation behind op, name and inputs.
std::string keys_text(const OperationKind& kind) {
  if (const auto* conv = std::get_if<Conv2d>(&kind)) {
    return ", filters: " + std::to_string(conv->filters) + ", kernel: " + text(conv->kernel) +
           ", stride: " + text(conv->stride) + ", dilation: " + text(conv->dilation) +
           ", padding: " + text(conv->padding) + ", groups: " + std::to_string(conv->groups) +
           ", bias: " + text(conv->bias) + bits_text("weight_bits", conv->weight_bits);
  }
  if (const auto* dense = std::get_if<Dense>(&kind)) {
    return ", units: " + std::to_string(dense->units) + ", bias: " + text(dense->bias) +
           bits_text("weight_bits", dense->weight_bits);
  }
  if (const auto* pool = std::get_if<Pool>(&kind)) {
    return ", kernel: " + text(pool->kernel) + ", stride: " + text(pool->stride) +
           ", dilation: " + text(pool->dilation) + ", padding: " + text(pool->padding) +
           ", ceil_mode: " + text(pool->ceil_mode);
  }
  if (const auto* pad = std::get_if<Pad>(&kind)) {
    return ", padding: " + text(pad->padding);
  }
  if (const auto* concat = std::get_if<Concat>(&kind)) {
    switch (concat->along) {
      case Concat::Along::rows:
        return ", along: rows";
      case Concat::Along::columns:
        return ", along: columns";
      case Concat::Along::channels:
        return ", along: channels";
    }
  }
  if (const auto* slice = std::get_if<Slice>(&kind)) {
    return ", rows: " + range_text(slice->first.height, slice->extent.height) +
           ", columns: " + range_text(slice->first.width, slice->extent.width) +
           ", channels: " + range_text(slice->first.channels, slice->extent.channels);
  }
  if (const auto* upsample = std::get_if<Upsample>(&kind)) {
    return ", factor: " + text(upsample->factor);
  }
  if (const auto* reshape = std::get_if<Reshape>(&kind)) {
    return ", shape: " + text(reshape->shape);
  }
  return "";
}

}  // namespace

Result<NetworkImport> import_network_yaml(const std::filesystem::path& file, const std::optional<Shape>& input_shape) {
  const Result<YamlNode> root = load_yaml(file);
  if (!root) {
    return root.error();
  }
  if (root->kind != YamlNode::Kind::mapping) {
    return Diagnostics{{root->where, "expected a mapping with name, input and layers, got " + describe(*root)}};
  }
  return NetworkYamlReader{*root, input_shape}.read();
}

std::string to_yaml(const NetworkGraph& graph) {
  std::string inputs = "inputs:\n";
  std::string layers = "layers:\n";
  for (const Operation& operation : graph.operations()) {
    if (const auto* input = std::get_if<Input>(&operation.kind)) {
      inputs += "  " + yaml_string(operation.name) + ": " + text(input->shape) + "\n";
      continue;
    }
    std::string sources;
    for (const OperationId source : operation.inputs) {
      sources += (sources.empty() ? "" : ", ") + yaml_string(graph[source].name);
    }
    layers += "  - {op: " + std::string{op_text(operation.kind)} + ", name: " + yaml_string(operation.name) +
              ", inputs: [" + sources + "]" + keys_text(operation.kind) +
              bits_text("output_bits", operation.output_bits) + "}\n";
  }
  return "name: " + yaml_string(graph.name()) + "\n" + inputs + layers;
}

}  // namespace crossweave
