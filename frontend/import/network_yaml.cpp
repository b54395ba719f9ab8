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

constexpr std::string_view kBothAxes = "a number for both axes, or [height, width]";
constexpr std::string_view kPaddingMeaning =
    "`valid` (none), `same` (as much as gives ceil(extent / stride) outputs), a number for all four sides, or [top, "
    "bottom, left, right]";
constexpr std::string_view kRangeMeaning = "[begin, end], the end not included; default: the whole axis";
constexpr std::string_view kWeightBitsMeaning =
    "width of the layer's weights; default: `precision.weight_bits` of the architecture";

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

using Kind = ValueForm::Kind;

int narrow(std::int64_t value) { return static_cast<int>(value); }

std::string list_text(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) {
    text += (text.empty() ? "[" : ", ") + std::to_string(value);
  }
  return text + "]";
}

std::string yaml_text(const Shape& shape) { return list_text({shape.height, shape.width, shape.channels}); }
std::string yaml_text(Extent extent) { return list_text({extent.height, extent.width}); }
std::string yaml_text(const Padding& padding) {
  return list_text({padding.top, padding.bottom, padding.left, padding.right});
}

ValueForm integers_form(std::size_t count, std::int64_t least) {
  return {.kind = Kind::integers, .least = least, .most = kMaxImportExtent, .count = count};
}

ValueForm integer_form(std::int64_t least) { return {.kind = Kind::integer, .least = least, .most = kMaxImportExtent}; }

/// A key that stays out of a network that does not name it.
std::optional<std::string> left_out() { return std::nullopt; }

/// A width in bits; 0 when none is stated.
BoundValue bits(int& place) {
  BoundValue value = integer(place, 1, kMaxBits, "bits");
  value.write = left_out;
  return value;
}

/// `n` for both axes or `[h, w]`.
BoundValue extent(Extent& place) {
  return {{integer_form(1), integers_form(2, 1)},
          [&place](MapReader& reader, std::string_view key, bool required) {
            const YamlNode* node =
                required ? reader.required_node(key, "a number or [height, width]") : reader.node(key);
            if (node == nullptr) {
              return;
            }
            if (node->kind != YamlNode::Kind::sequence) {
              const std::optional<std::int64_t> both = reader.integer(key, 1, kMaxImportExtent);
              place = both ? Extent{narrow(*both), narrow(*both)} : place;
              return;
            }
            const std::optional<std::vector<std::int64_t>> values = reader.integers(key, 2, 2, 1, kMaxImportExtent);
            place = values ? Extent{narrow((*values)[0]), narrow((*values)[1])} : place;
          },
          [&place] { return place.height == place.width ? std::to_string(place.height) : yaml_text(place); }};
}

void read_padding(MapReader& reader, std::string_view key, std::optional<Padding>& place) {
  const YamlNode* node = reader.node(key);
  if (node == nullptr) {
    return;
  }
  if (node->kind == YamlNode::Kind::sequence) {
    const std::optional<std::vector<std::int64_t>> sides = reader.integers(key, 4, 4, 0, kMaxImportExtent);
    place =
        sides ? Padding{narrow((*sides)[0]), narrow((*sides)[1]), narrow((*sides)[2]), narrow((*sides)[3])} : Padding{};
    return;
  }
  if (node->scalar == "same") {
    place.reset();
    return;
  }
  const bool is_text = node->quoted || (!node->scalar.empty() && node->scalar.find_first_of("0123456789") != 0);
  if (node->scalar == "valid") {
    return;
  }
  if (node->kind == YamlNode::Kind::scalar && is_text) {
    reader.error(key, "expected same, valid, a number or [top, bottom, left, right], got " + describe(*node) +
                          did_you_mean(node->scalar, {"same", "valid"}));
    return;
  }
  const int all = narrow(reader.integer(key, 0, kMaxImportExtent).value_or(0));
  place = Padding{all, all, all, all};
}

/// `same` (which is nothing), `valid`, `n` or `[top, bottom, left, right]`.
BoundValue padding(std::optional<Padding>& place) {
  return {{{.kind = Kind::word, .words = {"valid", "same"}}, integer_form(0), integers_form(4, 0)},
          [&place](MapReader& reader, std::string_view key, bool /*required*/) { read_padding(reader, key, place); },
          [] { return std::string{"valid"}; }};
}

/// The same without a window.
BoundValue plain_padding(Padding& place) {
  return {{integer_form(0), integers_form(4, 0)},
          [&place](MapReader& reader, std::string_view key, bool /*required*/) {
            static_cast<void>(reader.required_node(key, "a number or [top, bottom, left, right]"));
            std::optional<Padding> read = Padding{};
            read_padding(reader, key, read);
            if (!read) {
              reader.error(key, "'same' needs a window; give a number or [top, bottom, left, right]");
            }
            place = read.value_or(place);
          },
          left_out};
}

/// One of the functions of a layer's shorthand; empty when none is named.
BoundValue function(std::string& place) {
  const std::vector<std::string> names = to_strings(kActivationFunctions);
  BoundValue value = word(
      names, [names, &place](std::size_t index) { place = names[index]; }, 0);
  value.write = left_out;
  return value;
}

BoundValue axis(Concat::Along& place) {
  constexpr std::array kAlong{Concat::Along::rows, Concat::Along::columns, Concat::Along::channels};
  return word(
      {"rows", "columns", "channels"}, [&place, kAlong](std::size_t index) { place = kAlong[index]; },
      static_cast<std::size_t>(std::find(kAlong.begin(), kAlong.end(), place) - kAlong.begin()));
}

/// `[begin, end]` of an axis; the whole of it when absent.
BoundValue range(std::optional<Interval>& place) {
  return {{{.kind = Kind::integers, .least = 0, .most = kMaxChannels, .count = 2}},
          [&place](MapReader& reader, std::string_view key, bool /*required*/) {
            const std::optional<std::vector<std::int64_t>> ends = reader.integers(key, 2, 2, 0, kMaxChannels);
            if (!ends) {
              return;
            }
            place = Interval{narrow((*ends)[0]), narrow((*ends)[1])};
            if (place->empty()) {
              reader.error(key, "expected [begin, end] with begin before end");
            }
          },
          left_out};
}

/// What stands at a key, for a reader that needs more than the key to judge it; `expected` says what, where it is
/// missing.
BoundValue raw(const YamlNode*& place, ValueForm form, std::string expected = "") {
  return {{std::move(form)},
          [&place, expected = std::move(expected)](MapReader& reader, std::string_view key, bool required) {
            place = required ? reader.required_node(key, expected) : reader.node(key);
          },
          left_out};
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
void list_shorthand(Keys& keys, Steps& steps) {
  bool batch_norm = false;
  std::string activation;
  keys.optional("batch_norm", truth(batch_norm), "a batch normalization behind the layer");
  keys.optional("activation", function(activation), "an activation function behind it");
  if (batch_norm) {
    steps.push_back({"/batch_norm", [](const Shape&) { return BatchNorm{}; }});
  }
  if (!activation.empty()) {
    steps.push_back({"/" + activation, [activation](const Shape&) { return Activation{activation}; }});
  }
}

Steps list_conv(Keys& keys) {
  Conv2d conv;
  conv.filters = 1;
  std::optional<Padding> around = Padding{};
  keys.required("filters", integer(conv.filters, 1, kMaxImportExtent), "output channels");
  keys.required("kernel", extent(conv.kernel), kBothAxes);
  keys.optional("stride", extent(conv.stride), kBothAxes);
  keys.optional("dilation", extent(conv.dilation), kBothAxes);
  keys.optional("padding", padding(around), kPaddingMeaning);
  keys.optional("groups", integer(conv.groups, 1, kMaxImportExtent), "of channels that do not mix");
  keys.optional("bias", truth(conv.bias), "whether each output channel has a constant added");
  keys.optional("weight_bits", bits(conv.weight_bits), kWeightBitsMeaning);
  Steps steps{{"", [conv, around](const Shape& in) {
                 Conv2d padded = conv;
                 padded.padding = around ? *around : same_padding(in, conv.kernel, conv.stride, conv.dilation);
                 return padded;
               }}};
  list_shorthand(keys, steps);
  return steps;
}

Steps list_dense(Keys& keys) {
  Dense dense;
  dense.units = 1;
  keys.required("units", integer(dense.units, 1, kMaxImportExtent), "outputs; the input is read flattened");
  keys.optional("bias", truth(dense.bias), "whether each output has a constant added");
  keys.optional("weight_bits", bits(dense.weight_bits), kWeightBitsMeaning);
  Steps steps = only(dense);
  list_shorthand(keys, steps);
  return steps;
}

Steps list_pool(Keys& keys, Pool::Kind kind) {
  Pool pool;
  pool.kind = kind;
  std::optional<Padding> around = Padding{};
  keys.required("kernel", extent(pool.kernel), kBothAxes);
  // As in every framework that has a default at all: windows side by side.
  pool.stride = pool.kernel;
  BoundValue stride = extent(pool.stride);
  stride.otherwise = "that of `kernel`";
  keys.optional("stride", stride, kBothAxes);
  keys.optional("dilation", extent(pool.dilation), kBothAxes);
  keys.optional("padding", padding(around), kPaddingMeaning);
  keys.optional("ceil_mode", truth(pool.ceil_mode), "round the output extent up");
  return {{"", [pool, around](const Shape& in) {
             Pool padded = pool;
             padded.padding = around ? *around : same_padding(in, pool.kernel, pool.stride, pool.dilation);
             return padded;
           }}};
}

Steps list_pad(Keys& keys) {
  Pad pad;
  keys.required("padding", plain_padding(pad.padding), "zeros around the map: a number, or [top, bottom, left, right]");
  return only(pad);
}

Steps list_concat(Keys& keys) {
  Concat concat;
  keys.optional("along", axis(concat.along), "the axis along which the inputs are put together");
  return only(concat);
}

Steps list_slice(Keys& keys) {
  std::optional<Interval> rows;
  std::optional<Interval> columns;
  std::optional<Interval> channels;
  keys.optional("rows", range(rows), kRangeMeaning);
  keys.optional("columns", range(columns), kRangeMeaning);
  keys.optional("channels", range(channels), kRangeMeaning);
  return {{"", [rows, columns, channels](const Shape& in) {
             const Interval h = rows.value_or(Interval{0, in.height});
             const Interval w = columns.value_or(Interval{0, in.width});
             const Interval c = channels.value_or(Interval{0, in.channels});
             return Slice{.first = {h.begin, w.begin, c.begin}, .extent = {h.size(), w.size(), c.size()}};
           }}};
}

Steps list_upsample(Keys& keys) {
  Upsample upsample;
  keys.required("factor", extent(upsample.factor),
                "each value is repeated so many times; one number, or [rows, columns]");
  return only(upsample);
}

Steps list_reshape(Keys& keys) {
  Shape shape{1, 1, 1};
  keys.required("shape",
                {{{.kind = Kind::integers, .least = 1, .most = kMaxChannels, .count = 3}},
                 [&shape](MapReader& reader, std::string_view key, bool /*required*/) {
                   if (const YamlNode* node = reader.required_node(key, "[height, width, channels]")) {
                     shape = read_shape(*node, reader.path_of(key), false, reader.diagnostics()).value_or(shape);
                   }
                 },
                 left_out},
                "H, W, C with as many elements");
  return only(Reshape{shape});
}

Steps flatten(Keys&) {
  return {{"", [](const Shape& in) {
             // More elements than an extent can count fail as a shape of another size.
             const std::int64_t elements = std::min<std::int64_t>(in.elements(), kMaxChannels);
             return Reshape{{1, 1, narrow(elements)}};
           }}};
}

/// An `op`, the stem of its default names (Keras' own: conv2d, conv2d_1), and the list of its keys.
struct OperationFormat {
  std::string_view op;
  std::string_view default_name;
  Steps (*list)(Keys&);
};

constexpr std::array<OperationFormat, 13> kFormats{{
    {"conv", "conv2d", list_conv},
    {"dense", "dense", list_dense},
    {"bias", "bias", [](Keys&) { return only(Bias{}); }},
    {"batch_norm", "batch_norm", [](Keys&) { return only(BatchNorm{}); }},
    {"max_pool", "max_pool", [](Keys& keys) { return list_pool(keys, Pool::Kind::max); }},
    {"average_pool", "average_pool", [](Keys& keys) { return list_pool(keys, Pool::Kind::average); }},
    {"global_max_pool", "global_max_pool", [](Keys&) { return only(GlobalPool{Pool::Kind::max}); }},
    {"global_average_pool", "global_average_pool", [](Keys&) { return only(GlobalPool{Pool::Kind::average}); }},
    {"pad", "pad", list_pad},
    {"concat", "concat", list_concat},
    {"slice", "slice", list_slice},
    {"upsample", "upsample", list_upsample},
    {"reshape", "reshape", list_reshape},
}};

/// `flatten` is a reshape that needs no shape; to_yaml writes the shape.
constexpr OperationFormat kFlatten{"flatten", "flatten", flatten};

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

/// Keys that every layer has; what they mean depends on the layers before.
struct LayerKeys {
  std::optional<std::string> op;
  std::optional<std::string> name;
  const YamlNode* inputs{nullptr};
  int output_bits{0};

  void list_op(Keys& keys) {
    keys.required("op",
                  {{{.kind = Kind::word, .words = operation_names()}},
                   [this](MapReader& reader, std::string_view key, bool) { op = reader.required_string(key); },
                   left_out},
                  "the operation, which decides what other keys there are");
  }
  void list_rest(Keys& keys) {
    keys.optional("name",
                  {{{.kind = Kind::text}},
                   [this](MapReader& reader, std::string_view key, bool) { name = reader.string(key); },
                   left_out},
                  "default: the operation, then with `_1`, `_2` and so on");
    keys.optional("inputs", raw(inputs, {.kind = Kind::texts}),
                  "names of layers or inputs; default: the layer before, for the first one the network's only input");
    keys.optional("output_bits", bits(output_bits),
                  "width of an element of the result; default: `precision.activation_bits` of the architecture");
  }
};

/// Keys of the document.
struct DocumentKeys {
  std::string name;
  std::string source;
  const YamlNode* input{nullptr};
  const YamlNode* inputs{nullptr};
  const YamlNode* layers{nullptr};

  void list(Keys& keys) {
    BoundValue origin = text(source);
    origin.write = left_out;
    keys.required("name", text(name), "of the network");
    keys.optional("source", origin, "where its numbers come from");
    keys.optional("input", raw(input, {.kind = Kind::shape}), "H, W, C of the only input, which is then named `input`");
    keys.optional("inputs", raw(inputs, {.kind = Kind::shapes}), "instead of `input`: names, and H, W, C of each");
    keys.required("layers", raw(layers, {.kind = Kind::sections}, "a list of layers"),
                  "layers in graph order: each reads only what stands before it");
  }
};

class NetworkYamlReader {
 public:
  NetworkYamlReader(const YamlNode& root, const std::optional<Shape>& input_shape)
      : root_{root}, input_shape_{input_shape}, document_{root, "", diagnostics_} {}

  Result<NetworkImport> read() {
    read_some_keys(document_, [this](Keys& keys) { nodes_.list(keys); });
    graph_ = NetworkGraph{nodes_.name};
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
  std::optional<Steps> read_operation(MapReader& reader, const std::optional<std::string>& op, std::string& stem);
  std::string layer_name(MapReader& reader, const std::optional<std::string>& stated, const std::string& stem);
  std::optional<std::vector<std::string>> input_names(MapReader& reader, const YamlNode& node, const YamlNode* list);
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
  DocumentKeys nodes_;
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
  const YamlNode* const one = nodes_.input;
  const YamlNode* const several = nodes_.inputs;
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
  const YamlNode* const layers = nodes_.layers;
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
  LayerKeys keys;
  read_some_keys(reader, [&keys](Keys& all) { keys.list_op(all); });
  std::string stem;
  const std::optional<Steps> steps = read_operation(reader, keys.op, stem);
  read_some_keys(reader, [&keys](Keys& all) { keys.list_rest(all); });
  const std::string name = layer_name(reader, keys.name, stem);
  const std::optional<std::vector<std::string>> inputs = input_names(reader, node, keys.inputs);
  first_must_choose_ = false;
  if (steps) {
    // Keys cannot be judged without the operation that they belong to.
    reader.finish();
  }
  std::optional<std::vector<OperationId>> sources;
  if (inputs) {
    sources = resolve(*inputs, keys.inputs, reader.path_of("inputs"));
  }
  previous_.clear();
  if (claim(name, reader.has("name") ? reader.node("name")->where : node.where, reader.path_of("name"))) {
    previous_ = name;
    if (steps && sources && diagnostics_.size() == problems_before) {
      add(*steps, name, *std::move(sources), keys.output_bits, node, path);
    }
  }
}

std::optional<Steps> NetworkYamlReader::read_operation(MapReader& reader, const std::optional<std::string>& op,
                                                       std::string& stem) {
  if (!op) {
    stem = "layer";
    return std::nullopt;
  }
  stem = *op;
  if (const OperationFormat* format = find_format(*op)) {
    stem = format->default_name;
    Steps steps;
    read_some_keys(reader, [&](Keys& keys) { steps = format->list(keys); });
    return steps;
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
std::string NetworkYamlReader::layer_name(MapReader& reader, const std::optional<std::string>& stated,
                                          const std::string& stem) {
  if (reader.has("name")) {
    // A name that is no text has been reported; any other will do for the layer.
    return stated.value_or(stem + "/" + std::to_string(diagnostics_.size()));
  }
  int& used = defaults_used_[stem];
  std::string name;
  do {
    name = used == 0 ? stem : stem + "_" + std::to_string(used);
    ++used;
  } while (names_.contains(name));
  return name;
}

std::optional<std::vector<std::string>> NetworkYamlReader::input_names(MapReader& reader, const YamlNode& node,
                                                                       const YamlNode* list) {
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

std::string yaml_text(bool value) { return value ? "true" : "false"; }

std::string range_text(int first, int extent) { return list_text({first, first + extent}); }

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
    return ", filters: " + std::to_string(conv->filters) + ", kernel: " + yaml_text(conv->kernel) +
           ", stride: " + yaml_text(conv->stride) + ", dilation: " + yaml_text(conv->dilation) +
           ", padding: " + yaml_text(conv->padding) + ", groups: " + std::to_string(conv->groups) +
           ", bias: " + yaml_text(conv->bias) + bits_text("weight_bits", conv->weight_bits);
  }
  if (const auto* dense = std::get_if<Dense>(&kind)) {
    return ", units: " + std::to_string(dense->units) + ", bias: " + yaml_text(dense->bias) +
           bits_text("weight_bits", dense->weight_bits);
  }
  if (const auto* pool = std::get_if<Pool>(&kind)) {
    return ", kernel: " + yaml_text(pool->kernel) + ", stride: " + yaml_text(pool->stride) +
           ", dilation: " + yaml_text(pool->dilation) + ", padding: " + yaml_text(pool->padding) +
           ", ceil_mode: " + yaml_text(pool->ceil_mode);
  }
  if (const auto* pad = std::get_if<Pad>(&kind)) {
    return ", padding: " + yaml_text(pad->padding);
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
    return ", factor: " + yaml_text(upsample->factor);
  }
  if (const auto* reshape = std::get_if<Reshape>(&kind)) {
    return ", shape: " + yaml_text(reshape->shape);
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

KeyTree network_keys() {
  LayerKeys unread;
  KeyTree layer = key_tree([&](Keys& keys) {
    unread.list_op(keys);
    unread.list_rest(keys);
  });
  layer.decider = "op";
  std::vector<std::string> without_keys = to_strings(kActivationFunctions);
  without_keys.insert(without_keys.end(), kElementwiseFunctions.begin(), kElementwiseFunctions.end());
  const auto add = [&](const OperationFormat& format) {
    std::vector<KeyEntry> keys = key_tree([&](Keys& all) { format.list(all); }).keys;
    if (keys.empty()) {
      without_keys.emplace_back(format.op);
    } else {
      layer.variants.push_back({{std::string{format.op}}, std::move(keys)});
    }
  };
  std::for_each(kFormats.begin(), kFormats.end(), add);
  add(kFlatten);
  layer.variants.push_back({std::move(without_keys), {}});
  DocumentKeys nodes;
  KeyTree document = key_tree([&](Keys& keys) { nodes.list(keys); });
  document.keys.back().section = std::make_shared<KeyTree>(std::move(layer));
  return document;
}

std::string to_yaml(const NetworkGraph& graph) {
  std::string inputs = "inputs:\n";
  std::string layers = "layers:\n";
  for (const Operation& operation : graph.operations()) {
    if (const auto* input = std::get_if<Input>(&operation.kind)) {
      inputs += "  " + yaml_string(operation.name) + ": " + yaml_text(input->shape) + "\n";
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
