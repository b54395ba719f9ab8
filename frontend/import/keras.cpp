// Keras JSON to NetworkGraph: the file, its models, and which layer reads which. Shapes follow from our own rules; what
// newer files state beside (build_config, shapes of tensors) is not read.

#include <algorithm>
#include <functional>
#include <queue>

#include "frontend/import/import_limits.h"
#include "frontend/import/keras_reader.h"
#include "frontend/import/read_text.h"

namespace crossweave {
namespace {

/// Models within models stay far below; deeper files would exhaust the stack.
constexpr int kDeepestNesting = 200;

/// Nested models that call each other twice would double the network with every level.
constexpr std::size_t kMostLayers = 100'000;

constexpr const char* kConstantName = "_CONSTANT_VALUE";

/// Control characters have no place in reports and YAML files. The rest of a JSON string is sound UTF-8.
std::string printable(std::string text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  std::replace_if(text.begin(), text.end(), is_control, '_');
  return text;
}

/// Looks through a document without building it: for the place of a syntax error, and for nesting that is too deep.
class SyntaxScan : public nlohmann::json_sax<KerasJson> {
 public:
  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool string(string_t& /*value*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool key(string_t& /*value*/) override { return true; }
  bool start_object(std::size_t /*size*/) override { return enter(); }
  bool start_array(std::size_t /*size*/) override { return enter(); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& problem) override {
    position_ = position;
    message_ = problem.what();
    return false;
  }

  /// What is wrong with the document that was scanned.
  [[nodiscard]] Diagnostic problem(std::string_view text, const std::string& file) const {
    if (depth_ > kDeepestNesting) {
      return {{.file = file}, "the JSON is nested deeper than " + std::to_string(kDeepestNesting) + " levels"};
    }
    const std::string_view read = text.substr(0, position_);
    const std::size_t line_start = read.rfind('\n') + 1;
    SourcePosition where{.file = file,
                         .line = static_cast<int>(std::count(read.begin(), read.end(), '\n')) + 1,
                         .column = std::max(static_cast<int>(read.size() - line_start), 1)};
    return {std::move(where), "invalid JSON: " + reason()};
  }

 private:
  bool enter() { return ++depth_ <= kDeepestNesting; }
  bool leave() {
    --depth_;
    return true;
  }

  /// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing ...; last read: ..."
  [[nodiscard]] std::string reason() const {
    constexpr std::size_t kMostCharacters = 160;
    std::string reason = message_;
    for (const std::string_view prefix : {"] ", "column ", ": ", "syntax error "}) {
      const std::size_t found = reason.find(prefix);
      const bool leads = prefix != "column " || reason.starts_with("parse error");
      if (found == std::string::npos || !leads) {
        break;
      }
      reason.erase(0, found + prefix.size());
    }
    reason.resize(std::min({reason.size(), reason.find("; last read"), kMostCharacters}));
    return printable(reason);
  }

  int depth_{0};
  std::size_t position_{0};
  std::string message_;
};

bool is_history(const KerasJson& value) {
  return value.is_array() && value.size() >= 3 && value[0].is_string() && integer_of(value[1]) && integer_of(value[2]);
}

bool is_number_or_numbers(const KerasJson& value) {
  const KerasJson* first = &value;
  while (first->is_array() && !first->empty()) {
    first = &first->front();
  }
  return first->is_number();
}

/// Layers whose weights the calls of a shared layer would share.
bool has_crossbar_weights(const std::string& class_name) {
  return class_name == "Dense" || class_name.find("Conv") != std::string::npos;
}

const KerasJson* stated_shape(const KerasJson& layer) {
  const KerasJson* config = member(layer, "config");
  if (config == nullptr) {
    return nullptr;
  }
  const KerasJson* shape = member(*config, "batch_input_shape");
  return shape != nullptr ? shape : member(*config, "batch_shape");
}

}  // namespace

// --- problems ---

void KerasReader::error(const std::string& message) {
  if (reported_.insert(message).second) {
    diagnostics_.push_back({{.file = file_}, message});
  }
}

void KerasReader::warning(const std::string& message) {
  if (reported_.insert(message).second) {
    diagnostics_.push_back({{.file = file_}, message, Severity::warning});
  }
}

std::string KerasReader::place(const Model& model, const Layer& layer) {
  return "layer '" + model.label_scope + layer.name + "' (" + layer.class_name + "): ";
}

std::string KerasReader::unique_name(const std::string& wanted) {
  std::string name = wanted;
  for (int suffix = 1; !names_.insert(name).second; ++suffix) {
    name = wanted + "_" + std::to_string(suffix);
  }
  return name;
}

// --- the document ---

Result<NetworkImport> KerasReader::read() {
  if (const KerasJson* model = outermost_model()) {
    read_model({.json = *model, .label_scope = "", .name_scope = "", .arguments = nullptr});
  }
  if (has_errors(diagnostics_)) {
    return diagnostics_;
  }
  return NetworkImport{std::move(graph_), std::move(diagnostics_)};
}

/// The model behind the wrappings that TensorFlow.js puts around it; nullptr, reported, when there is none.
const KerasJson* KerasReader::outermost_model() {
  const KerasJson* model = &document_;
  if (const KerasJson* topology = member(*model, "modelTopology")) {
    model = topology;
  }
  if (member(*model, "node") != nullptr) {
    error("is a graph model of TensorFlow.js; supported: layers models, and the JSON of model.to_json()");
    return nullptr;
  }
  if (const KerasJson* config = member(*model, "model_config")) {
    model = config;
  }
  if (layers_of(*model) == nullptr) {
    error(
        "holds no Keras model: expected class_name, and config with layers, as model.to_json() writes them for "
        "functional and sequential models");
    return nullptr;
  }
  return model;
}

/// The list of layers; the oldest sequential models have it in the place of the configuration.
const KerasJson* KerasReader::layers_of(const KerasJson& model) {
  const KerasJson* config = member(model, "config");
  if (config == nullptr || text_member(model, "class_name").empty()) {
    return nullptr;
  }
  const KerasJson* layers =
      config->is_array() && text_member(model, "class_name") == "Sequential" ? config : member(*config, "layers");
  return layers != nullptr && layers->is_array() ? layers : nullptr;
}

/// A layer that is a model: also one of a class of its own derived from a functional model.
bool KerasReader::is_model(const KerasJson& layer) {
  const std::string class_name = text_member(layer, "class_name");
  return layers_of(layer) != nullptr &&
         (class_name == "Sequential" || class_name == "Functional" || class_name == "Model" ||
          member(*member(layer, "config"), "output_layers") != nullptr);
}

// --- models ---

std::vector<KerasReader::Value> KerasReader::read_model(const Model& model) {
  std::optional<std::vector<Layer>> layers = read_layers(model);
  if (!layers) {
    return {};
  }
  return text_member(model.json, "class_name") == "Sequential" ? read_sequential(model, *layers)
                                                               : read_functional(model, std::move(*layers));
}

std::optional<std::vector<KerasReader::Layer>> KerasReader::read_layers(const Model& model) {
  const KerasJson& list = *layers_of(model.json);
  layers_read_ += list.size();
  if (layers_read_ > kMostLayers) {
    error("the network has more than " + std::to_string(kMostLayers) +
          " layers, those of a nested model counted for each of its calls");
    return std::nullopt;
  }
  const std::string scope = model.label_scope.empty() ? "" : "model '" + model.label_scope + "': ";
  if (list.empty()) {
    error(scope + "the model has no layers");
    return std::nullopt;
  }
  std::vector<Layer> layers;
  std::unordered_set<std::string> names;
  bool sound = true;
  for (const KerasJson& json : list) {
    const std::string number = std::to_string(layers.size() + 1);
    Layer layer{.json = &json, .config = member(json, "config"), .name = {}, .class_name = {}};
    layer.class_name = printable(text_member(json, "class_name"));
    if (layer.class_name.empty() || layer.config == nullptr || (!layer.config->is_object() && !is_model(json))) {
      std::string message = scope;
      message.append("layer ").append(number).append(" of the list must be an object with class_name and config, got ");
      error(message + describe(json));
      sound = false;
    } else {
      std::string name = text_member(json, "name");
      name = name.empty() ? text_member(*layer.config, "name") : name;
      layer.name = printable(name.empty() ? layer.class_name + "_" + number : name);
      if (!names.insert(layer.name).second) {
        report(model, layer, "two layers of a model have this name");
        sound = false;
      }
      // Said here, so that it does not depend on whether the layers before are sound.
      if (!is_model(json) && layer.class_name != "InputLayer" && !handlers().contains(layer.class_name)) {
        report(model, layer, unsupported(layer.class_name));
      }
    }
    layers.push_back(std::move(layer));
  }
  return sound ? std::optional{std::move(layers)} : std::nullopt;
}

/// Layers one behind the other. Without an InputLayer, the shape stands in the first layer, or in the model.
std::vector<KerasReader::Value> KerasReader::read_sequential(const Model& model, const std::vector<Layer>& layers) {
  Value value;
  auto next = layers.begin();
  const KerasMap* argument = model.arguments != nullptr ? &model.arguments->front() : nullptr;
  if (next->class_name == "InputLayer") {
    value = read_input(model, *next, argument, true);
    ++next;
  } else if (argument != nullptr) {
    value = *argument;
  } else {
    const KerasJson* first = next->json;
    const KerasJson* stated = stated_shape(*first);
    while (stated == nullptr && is_model(*first) && !layers_of(*first)->empty()) {
      first = &layers_of(*first)->front();
      stated = stated_shape(*first);
    }
    if (stated == nullptr) {
      stated = member(*member(model.json, "config"), "build_input_shape");
    }
    if (const KerasJson* built = member(model.json, "build_config"); stated == nullptr && built != nullptr) {
      stated = member(*built, "input_shape");
    }
    const Layer input{.json = nullptr, .config = nullptr, .name = next->name + "_input", .class_name = "InputLayer"};
    const std::optional<KerasDims> dims =
        stated != nullptr ? stated_dims(model, input, *stated) : std::optional{KerasDims{0, 0, 0}};
    value = dims ? open_input(model, input, *dims, true) : std::nullopt;
  }
  for (; value && next != layers.end(); ++next) {
    const std::vector<Value> outputs = read_call(model, *next, 0, {*value});
    if (outputs.size() > 1) {
      report(model, *next, "gives " + std::to_string(outputs.size()) + " maps, but the next layer takes one");
    }
    value = outputs.size() == 1 ? outputs.front() : std::nullopt;
  }
  return {value};
}

/// References of Keras 3: tensors anywhere in the arguments of a call.
void KerasReader::collect_history(const KerasJson& value, Arguments& arguments) {
  if (value.is_object()) {
    const std::string class_name = text_member(value, "class_name");
    const KerasJson* config = member(value, "config");
    if (config != nullptr && class_name == "__keras_tensor__") {
      if (const KerasJson* history = member(*config, "keras_history")) {
        collect_list(*history, arguments);
      }
      return;
    }
    if (config != nullptr && (class_name == "__numpy__" || class_name == "__tensor__")) {
      if (const KerasJson* content = member(*config, "value")) {
        arguments.constants.push_back(content);
      }
      return;
    }
  }
  if (value.is_structured()) {
    for (const KerasJson& item : value) {
      collect_history(item, arguments);
    }
  }
}

/// References of Keras 2, and those of a model's inputs and outputs: [layer, call, tensor, keyword arguments], in lists
/// and objects of any depth.
void KerasReader::collect_list(const KerasJson& value, Arguments& arguments) {
  if (value.is_array() && value.size() >= 3 && value[0] == kConstantName) {
    arguments.constants.push_back(&value[2]);
  } else if (is_history(value)) {
    arguments.tensors.push_back(
        {printable(value[0].get<std::string>()), integer_of(value[1]).value_or(0), integer_of(value[2]).value_or(0)});
  } else if (value.is_structured()) {
    for (const KerasJson& item : value) {
      collect_list(item, arguments);
    }
    return;
  }
  if (value.is_array() && value.size() >= 4 && value[3].is_object() && arguments.keywords == nullptr) {
    arguments.keywords = &value[3];
  }
}

/// What the calls of a layer of a functional model are given.
void KerasReader::read_calls(Layer& layer, bool& counts_from_zero) {
  if (layer.class_name == "InputLayer") {
    layer.calls.emplace_back();
    return;
  }
  const KerasJson* nodes = member(*layer.json, "inbound_nodes");
  if (nodes == nullptr || !nodes->is_array()) {
    return;
  }
  for (const KerasJson& node : *nodes) {
    Arguments arguments;
    if (const KerasJson* positional = member(node, "args")) {
      counts_from_zero = true;
      arguments.keywords = member(node, "kwargs");
      for (const KerasJson& argument : *positional) {
        if (is_number_or_numbers(argument)) {
          arguments.constants.push_back(&argument);
        } else {
          collect_history(argument, arguments);
        }
      }
      if (arguments.keywords != nullptr) {
        collect_history(*arguments.keywords, arguments);
      }
    } else {
      collect_list(node, arguments);
      if (arguments.keywords != nullptr) {
        for (const KerasJson& argument : *arguments.keywords) {
          if (is_history(argument)) {
            collect_list(argument, arguments);
          }
        }
      }
    }
    for (const char* operand : {"x", "y", "x1", "x2"}) {
      const KerasJson* found = arguments.keywords != nullptr ? member(*arguments.keywords, operand) : nullptr;
      if (found != nullptr && is_number_or_numbers(*found)) {
        arguments.constants.push_back(found);
      }
    }
    layer.calls.push_back(std::move(arguments));
  }
}

/// The output that a reference means; nullopt, reported, when there is none.
std::optional<KerasReader::Reference> KerasReader::resolve(const Model& model, const std::vector<Layer>& layers,
                                                           const std::map<std::string, std::size_t>& by_name,
                                                           const RawReference& raw, const std::string& where) {
  const auto found = by_name.find(raw.layer);
  if (found == by_name.end()) {
    std::vector<std::string> candidates;
    candidates.reserve(by_name.size());
    for (const auto& [name, index] : by_name) {
      candidates.push_back(name);
    }
    error(where + "reads layer '" + raw.layer + "', which the model does not have" +
          did_you_mean(raw.layer, candidates));
    return std::nullopt;
  }
  const Layer& layer = layers[found->second];
  const auto calls = static_cast<std::int64_t>(layer.calls.size());
  const auto within = [calls](std::int64_t call) { return call >= 0 && call < calls; };
  // A number that fits none of a nested model's calls counts from the other end (see read_functional).
  const std::int64_t stated = std::clamp<std::int64_t>(raw.call, -1, kMaxImportExtent);
  const bool other_end = is_model(*layer.json) && !within(stated - layer.first_call);
  const std::int64_t call = stated - (other_end ? 1 - layer.first_call : layer.first_call);
  if (!within(call) || raw.tensor < 0) {
    error(where + "reads output " + std::to_string(raw.tensor) + " of call " + std::to_string(raw.call) +
          " of layer '" + model.label_scope + raw.layer + "', which has " + std::to_string(calls) + " call(s)");
    return std::nullopt;
  }
  return Reference{found->second, static_cast<std::size_t>(call), static_cast<std::size_t>(raw.tensor)};
}

std::vector<KerasReader::Value> KerasReader::read_functional(const Model& model, std::vector<Layer> layers) {
  const KerasJson& config = *member(model.json, "config");
  const std::string where = model.label_scope.empty() ? "the model " : "model '" + model.label_scope + "' ";
  Arguments inputs;
  Arguments outputs;
  if (const KerasJson* list = member(config, "input_layers")) {
    collect_list(*list, inputs);
  }
  if (const KerasJson* list = member(config, "output_layers")) {
    collect_list(*list, outputs);
  }
  if (outputs.tensors.empty()) {
    error(where + "names no output_layers");
    return {};
  }

  std::map<std::string, std::size_t> by_name;
  bool counts_from_zero = false;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    by_name.emplace(layers[i].name, i);
    read_calls(layers[i], counts_from_zero);
  }
  // A model is called once when it is made, and Keras 2 (Keras 3 only where it lists a model's outputs) counts that
  // call, though it is not in the file: then nothing refers to call 0.
  if (!counts_from_zero) {
    std::vector<bool> has_zero(layers.size(), false);
    const auto look = [&](const RawReference& raw) {
      if (const auto found = by_name.find(raw.layer); found != by_name.end() && raw.call == 0) {
        has_zero[found->second] = true;
      }
    };
    for (const Layer& layer : layers) {
      for (const Arguments& call : layer.calls) {
        std::for_each(call.tensors.begin(), call.tensors.end(), look);
      }
    }
    std::for_each(outputs.tensors.begin(), outputs.tensors.end(), look);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      layers[i].first_call = is_model(*layers[i].json) && !has_zero[i] ? 1 : 0;
    }
  }

  // Inputs: in the order of input_layers for the arguments of a nested model.
  std::vector<const KerasMap*> argument_of(layers.size(), nullptr);
  std::size_t input_count = 0;
  for (const Layer& layer : layers) {
    input_count += layer.class_name == "InputLayer" ? 1U : 0U;
  }
  if (input_count == 0) {
    error(where + "has no InputLayer");
    return {};
  }
  if (model.arguments == nullptr) {
    if (input_shape_ && input_count > 1) {
      error("input_shape cannot be given: the model has " + std::to_string(input_count) + " inputs");
      return {};
    }
  } else {
    if (inputs.tensors.size() != model.arguments->size() || inputs.tensors.size() != input_count) {
      error(where + "takes " + std::to_string(input_count) + " input(s), got " +
            std::to_string(model.arguments->size()));
      return {};
    }
    for (std::size_t i = 0; i < inputs.tensors.size(); ++i) {
      const std::optional<Reference> input = resolve(model, layers, by_name, inputs.tensors[i], where);
      if (!input || layers[input->layer].class_name != "InputLayer") {
        error(where + "has an input '" + inputs.tensors[i].layer + "' that is no InputLayer");
        return {};
      }
      argument_of[input->layer] = &(*model.arguments)[i];
    }
  }

  // One node for each call of each layer, in the order of the file as far as each stands behind those it reads.
  struct Node {
    std::size_t layer;
    std::size_t call;
    std::vector<Reference> reads{};
    std::vector<std::size_t> readers{};
    std::size_t awaited{0};
    bool broken{false};
  };
  std::vector<Node> nodes;
  std::vector<std::size_t> first_node;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    first_node.push_back(nodes.size());
    layers[i].outputs.resize(layers[i].calls.size());
    for (std::size_t call = 0; call < layers[i].calls.size(); ++call) {
      nodes.push_back({.layer = i, .call = call});
    }
    if (layers[i].calls.empty()) {
      report(model, layers[i], "is never called: it has no inbound_nodes");
    } else if (layers[i].calls.size() > 1 &&
               (has_crossbar_weights(layers[i].class_name) || is_model(*layers[i].json))) {
      warning(place(model, layers[i]) + "is called " + std::to_string(layers[i].calls.size()) +
              " times; its calls share their weights, but each is mapped as a copy of its own");
    }
  }
  layers_read_ += nodes.size() > layers.size() ? nodes.size() - layers.size() : 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Layer& layer = layers[nodes[i].layer];
    for (const RawReference& raw : layer.calls[nodes[i].call].tensors) {
      const std::optional<Reference> reference = resolve(model, layers, by_name, raw, place(model, layer));
      if (!reference) {
        nodes[i].broken = true;
        continue;
      }
      nodes[i].reads.push_back(*reference);
      nodes[first_node[reference->layer] + reference->call].readers.push_back(i);
      ++nodes[i].awaited;
    }
  }
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].awaited == 0) {
      ready.push(i);
    }
  }

  /// The output that a reference means, after its layer was read; nullopt when that is broken.
  const auto value_of = [&](const Reference& reference, const std::string& reader) -> Value {
    const std::vector<Value>& values = layers[reference.layer].outputs[reference.call];
    if (!values.empty() && reference.tensor >= values.size()) {
      error(reader + "reads output " + std::to_string(reference.tensor) + " of layer '" + model.label_scope +
            layers[reference.layer].name + "', which has " + std::to_string(values.size()));
    }
    return reference.tensor < values.size() ? values[reference.tensor] : std::nullopt;
  };
  std::size_t read_nodes = 0;
  for (; !ready.empty(); ++read_nodes) {
    Node& node = nodes[ready.top()];
    ready.pop();
    Layer& layer = layers[node.layer];
    for (const std::size_t reader : node.readers) {
      if (--nodes[reader].awaited == 0) {
        ready.push(reader);
      }
    }
    if (layer.class_name == "InputLayer") {
      layer.outputs[node.call] = {read_input(model, layer, argument_of[node.layer], input_count == 1)};
      continue;
    }
    std::vector<KerasMap> maps;
    for (const Reference& reference : node.reads) {
      const Value value = value_of(reference, place(model, layer));
      node.broken = node.broken || !value;
      if (value) {
        maps.push_back(*value);
      }
    }
    if (!node.broken) {
      layer.outputs[node.call] = read_call(model, layer, node.call, std::move(maps));
    }
  }
  if (read_nodes < nodes.size()) {
    error(where + "has " + std::to_string(nodes.size() - read_nodes) +
          " layers that form or follow a cycle; a network must be free of cycles");
  }

  std::vector<Value> results;
  for (const RawReference& raw : outputs.tensors) {
    const std::optional<Reference> reference = resolve(model, layers, by_name, raw, where);
    results.push_back(reference ? value_of(*reference, where) : std::nullopt);
  }
  return results;
}

// --- inputs ---

std::optional<KerasDims> KerasReader::stated_dims(const Model& model, const Layer& layer, const KerasJson& shape) {
  if (!shape.is_array() || shape.size() < 2 || shape.size() > 4) {
    report(model, layer,
           "a shape of " + (shape.is_array() ? std::to_string(shape.size()) + " dimensions" : describe(shape)) +
               " is not supported; supported: N x C, N x W x C and N x H x W x C");
    return std::nullopt;
  }
  KerasDims dims;
  for (std::size_t i = 1; i < shape.size(); ++i) {
    const std::optional<std::int64_t> extent = shape[i].is_null() ? 0 : integer_of(shape[i]);
    if (!extent || *extent < (shape[i].is_null() ? 0 : 1) || *extent > kMaxImportExtent) {
      report(model, layer,
             "an extent must be null or an integer in 1.." + std::to_string(kMaxImportExtent) + ", got " +
                 describe(shape[i]));
      return std::nullopt;
    }
    dims.push_back(*extent);
  }
  return dims;
}

KerasReader::Value KerasReader::read_input(const Model& model, const Layer& layer, const KerasMap* argument,
                                           bool only_input) {
  const KerasJson* stated = stated_shape(*layer.json);
  if (stated == nullptr) {
    report(model, layer, "states neither batch_shape nor batch_input_shape");
    return std::nullopt;
  }
  const std::optional<KerasDims> dims = stated_dims(model, layer, *stated);
  if (!dims) {
    return std::nullopt;
  }
  return argument != nullptr ? bind_input(model, layer, *dims, *argument) : open_input(model, layer, *dims, only_input);
}

/// An input of a nested model is what the model is called with.
KerasReader::Value KerasReader::bind_input(const Model& model, const Layer& layer, const KerasDims& stated,
                                           const KerasMap& argument) {
  const auto agrees = [](std::int64_t open, std::int64_t given) { return open == 0 || open == given; };
  if (!std::equal(stated.begin(), stated.end(), argument.dims.begin(), argument.dims.end(), agrees)) {
    std::string text = keras_text(stated);
    for (std::size_t open = text.find(" x 0"); open != std::string::npos; open = text.find(" x 0")) {
      text.replace(open, 4, " x ?");
    }
    report(model, layer, "takes " + text + ", the model is called with " + keras_text(argument.dims));
    return std::nullopt;
  }
  return argument;
}

KerasReader::Value KerasReader::open_input(const Model& model, const Layer& layer, KerasDims stated, bool only_input) {
  // Rows, columns and channels as far as the input has them.
  const std::size_t missing = 3 - stated.size();
  const auto extent = [&](std::size_t axis) { return axis < missing ? 1 : static_cast<int>(stated[axis - missing]); };
  Shape shape{extent(0), extent(1), extent(2)};
  if (input_shape_ && only_input) {
    const auto agrees = [](int in_file, int given) { return in_file == 0 || in_file == given; };
    if (!agrees(shape.height, input_shape_->height) || !agrees(shape.width, input_shape_->width) ||
        !agrees(shape.channels, input_shape_->channels)) {
      report(model, layer, "the file states " + to_text(shape) + ", input_shape says " + to_text(*input_shape_));
      return std::nullopt;
    }
    shape = *input_shape_;
  }
  if (shape.height == 0 || shape.width == 0 || shape.channels == 0) {
    report(model, layer, "its shape " + to_text(shape) + " is open; give input_shape (H, W, C)");
    return std::nullopt;
  }
  const Result<OperationId, Failure> added = graph_.add(unique_name(model.name_scope + layer.name), Input{shape}, {});
  if (!added) {
    report(model, layer, added.error().message);
    return std::nullopt;
  }
  const KerasDims all{shape.height, shape.width, shape.channels};
  return KerasMap{*added, {all.begin() + static_cast<std::ptrdiff_t>(missing), all.end()}};
}

// --- layers ---

std::string KerasReader::unsupported(const std::string& class_name) {
  if (class_name == "Lambda" || class_name == "TensorFlowOpLayer") {
    return "holds code, which cannot be read; write it with layers of Keras";
  }
  if (class_name.ends_with("Transpose")) {
    return "transposed convolutions are not supported; UpSampling2D followed by Conv2D is";
  }
  std::string message = "is not supported; supported: ";
  for (const auto& [supported, handler] : handlers()) {
    message += supported + ", ";
  }
  return message + "InputLayer, and models (Functional, Model, Sequential)";
}

std::vector<KerasReader::Value> KerasReader::read_call(const Model& model, const Layer& layer, std::size_t call,
                                                       std::vector<KerasMap> inputs) {
  const std::string name = model.name_scope + layer.name + (call > 0 ? "_" + std::to_string(call) : "");
  if (is_model(*layer.json)) {
    if (inputs.empty()) {
      report(model, layer, "is called without a feature map");
      return {};
    }
    return read_model({.json = *layer.json,
                       .label_scope = model.label_scope + layer.name + "/",
                       .name_scope = name + "/",
                       .arguments = &inputs});
  }
  const auto handler = handlers().find(layer.class_name);
  if (handler == handlers().end()) {
    if (layer.class_name == "InputLayer") {
      report(model, layer, "must be the first layer of a sequential model");
    }
    return {};
  }
  KerasCall reading{name, layer.class_name, *layer.config};
  reading.inputs = std::move(inputs);
  if (call < layer.calls.size()) {
    reading.constants = layer.calls[call].constants;
    reading.keyword_arguments = layer.calls[call].keywords;
  }
  const std::string order = reading.text("data_format", "channels_last");
  if (reading.inputs.empty()) {
    reading.fail("is called without a feature map");
  } else if (order != "channels_last") {
    reading.fail("data_format '" + printable(order) +
                 "' is not supported; supported: channels_last (the default of Keras)");
  } else {
    (this->*handler->second)(reading);
  }
  for (const std::string& problem : reading.problems()) {
    report(model, layer, problem);
  }
  for (const std::string& caution : reading.warnings()) {
    warning(place(model, layer) + caution);
  }
  return {reading.failed() ? std::nullopt : reading.result};
}

// --- the file ---

Result<NetworkImport> parse_keras(std::string_view text, const std::string& name,
                                  const std::optional<Shape>& input_shape) {
  if (text.empty()) {
    return Diagnostics{{{.file = name}, "the file is empty"}};
  }
  SyntaxScan scan;
  if (!KerasJson::sax_parse(text, &scan)) {
    return Diagnostics{scan.problem(text, name)};
  }
  const KerasJson document = KerasJson::parse(text, nullptr, false);
  return KerasReader{document, name, std::filesystem::path{name}.stem().string(), input_shape}.read();
}

Result<NetworkImport> import_keras(const std::filesystem::path& file, const std::optional<Shape>& input_shape) {
  const Result<std::string> text = read_text(file);
  if (!text) {
    return text.error();
  }
  return parse_keras(*text, file.string(), input_shape);
}

}  // namespace crossweave
