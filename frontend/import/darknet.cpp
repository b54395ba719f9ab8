// Darknet .cfg to NetworkGraph. The dialects of pjreddie/darknet and AlexeyAB/darknet are read as one: where both know
// a field they mean the same by it, but for the cases that are commented here.

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "arch/strict_yaml.h"
#include "frontend/import/import_limits.h"
#include "frontend/import/network_file.h"
#include "frontend/import/read_text.h"

namespace crossweave {
namespace {

// --- text ---

/// Names that a blank separates.
std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> list;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    list.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return list;
}

struct Field {
  std::string key;
  std::string value;
  SourcePosition where;
  SourcePosition value_where;
};

/// A [type] with its fields. Broken when one of its lines was: then nobody can tell what it lacks.
struct Section {
  std::string type;
  SourcePosition where;
  std::vector<Field> fields;
  bool broken{false};
};

constexpr std::string_view kBlanks = " \t\r\f\v";
constexpr std::size_t kLongestQuote = 40;

/// Text of the file for a message: cut short, without what a terminal would take for a command.
std::string printable(std::string_view text) {
  std::string shown{text.substr(0, kLongestQuote)};
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return shown + (text.size() > kLongestQuote ? "..." : "");
}

std::string in_quotes(std::string_view text) { return "'" + printable(text) + "'"; }

/// Divides a file into sections. `#` begins a comment anywhere, `;` at the start of a line (Darknet stops reading
/// numbers at a `#`, and files of its users count on that).
class SectionScanner {
 public:
  SectionScanner(std::string_view text, const std::string& file, Diagnostics& out)
      : text_{text}, file_{file}, out_{out} {}

  std::vector<Section> scan() {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text_.starts_with(kByteOrderMark)) {
      text_.remove_prefix(kByteOrderMark.size());
    }
    while (!text_.empty()) {
      const std::size_t end = std::min(text_.find('\n'), text_.size());
      ++line_;
      if (!scan_line(text_.substr(0, end))) {
        return {};
      }
      text_.remove_prefix(std::min(end + 1, text_.size()));
    }
    return std::move(sections_);
  }

 private:
  [[nodiscard]] SourcePosition at(std::size_t column) const { return {file_, line_, static_cast<int>(column) + 1}; }

  void error(std::size_t column, std::string message) {
    out_.push_back({at(column), std::move(message)});
    if (!sections_.empty()) {
      sections_.back().broken = true;
    }
  }

  /// False when this is no text at all, so that the rest is not worth a look.
  bool scan_line(std::string_view line) {
    const auto is_control = [](char c) {
      return (static_cast<unsigned char>(c) < ' ' && kBlanks.find(c) == std::string_view::npos) || c == '\x7F';
    };
    if (const auto control = std::find_if(line.begin(), line.end(), is_control); control != line.end()) {
      error(static_cast<std::size_t>(control - line.begin()), "the file is not text, so not a Darknet .cfg");
      return false;
    }
    line = line.substr(0, line.find('#'));
    const std::size_t first = line.find_first_not_of(kBlanks);
    if (first == std::string_view::npos || line[first] == ';') {
      return true;
    }
    line = line.substr(0, line.find_last_not_of(kBlanks) + 1);
    if (line[first] == '[') {
      begin_section(line, first);
    } else {
      add_field(line, first);
    }
    return true;
  }

  void begin_section(std::string_view line, std::size_t first) {
    const bool closed = line.ends_with(']');
    const std::string_view type = line.substr(first + 1, line.size() - first - (closed ? 2 : 1));
    sections_.push_back({std::string{type}, at(first), {}, false});
    if (!closed || type.empty()) {
      error(first, "expected [section], got " + in_quotes(line.substr(first)));
    }
  }

  void add_field(std::string_view line, std::size_t first) {
    if (sections_.empty()) {
      // One report is enough of a file that is something else.
      if (out_.empty()) {
        error(first, "expected [net], got " + in_quotes(line.substr(first)));
      }
      return;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == first) {
      error(first, "expected [section] or field=value, got " + in_quotes(line.substr(first)));
      return;
    }
    const std::size_t key_end = line.find_last_not_of(kBlanks, equals - 1) + 1;
    const std::string_view key = line.substr(first, key_end - first);
    const std::size_t value = line.find_first_not_of(kBlanks, equals + 1);
    if (value == std::string_view::npos) {
      error(first, "the field " + in_quotes(key) + " has no value");
      return;
    }
    sections_.back().fields.push_back({std::string{key}, std::string{line.substr(value)}, at(first), at(value)});
  }

  std::string_view text_;
  const std::string& file_;
  Diagnostics& out_;
  int line_{0};
  std::vector<Section> sections_;
};

// --- fields ---

std::optional<int> to_int(std::string_view text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  return problem == std::errc{} && stop == end ? std::optional{value} : std::nullopt;
}

/// Reads the fields of one section; what nobody asked for is a warning. Getters return the fallback when a field is
/// absent, or wrong, which makes the section a failure.
class FieldReader {
 public:
  FieldReader(const Section& section, std::string label, Diagnostics& out)
      : section_{section}, label_{std::move(label)}, out_{out}, failed_{section.broken} {
    for (const Field& field : section.fields) {
      first_.emplace(field.key, &field);
    }
  }

  [[nodiscard]] bool failed() const { return failed_; }

  int integer(std::string_view key, int fallback, int min = 1, int max = kMaxImportExtent) {
    const Field* field = find(key);
    if (field == nullptr) {
      return fallback;
    }
    const std::optional<int> value = to_int(field->value);
    if (value && *value >= min && *value <= max) {
      return *value;
    }
    error(*field, "expected an integer in [" + std::to_string(min) + ", " + std::to_string(max) + "], got " +
                      in_quotes(field->value));
    return fallback;
  }

  /// A number without which the layer hardly is what its author wanted. Darknet takes its default then, and so do we.
  int stated_integer(std::string_view key, int fallback) {
    warn_if_absent(key, std::to_string(fallback));
    return integer(key, fallback);
  }

  /// Off when absent or 0, on when it is another number.
  bool flag(std::string_view key) {
    const Field* field = find(key);
    const std::optional<int> value = field == nullptr ? std::optional{0} : to_int(field->value);
    if (!value) {
      error(*field, "expected 0 or 1, got " + in_quotes(field->value));
    }
    return value.value_or(0) != 0;
  }

  const Field* text(std::string_view key) { return find(key); }

  void warn_if_absent(std::string_view key, const std::string& fallback) {
    if (find(key) == nullptr && !section_.broken) {
      warning(section_.where, "no field '" + std::string{key} + "': Darknet takes " + fallback);
    }
  }

  /// Numbers separated by commas, each with its place; a section without them is an error.
  std::vector<std::pair<int, SourcePosition>> required_integers(std::string_view key) {
    std::vector<std::pair<int, SourcePosition>> values;
    const Field* field = find(key);
    if (field == nullptr) {
      if (!failed_) {
        error(section_.where, "missing field '" + std::string{key} + "'");
      }
      return values;
    }
    const std::string_view list = field->value;
    for (std::size_t begin = 0; begin <= list.size();) {
      const std::size_t end = std::min(list.find(',', begin), list.size());
      const std::string_view item = list.substr(begin, end - begin);
      const std::size_t first = std::min(item.find_first_not_of(kBlanks), item.size());
      const std::string_view trimmed = item.substr(first, item.find_last_not_of(kBlanks) + 1 - first);
      SourcePosition where = field->value_where;
      where.column += static_cast<int>(begin + first);
      if (const std::optional<int> value = to_int(trimmed)) {
        values.emplace_back(*value, std::move(where));
      } else {
        error(where, std::string{key} + ": expected integers separated by commas, got " + in_quotes(trimmed));
      }
      begin = end + 1;
    }
    return values;
  }

  /// Fields that make another layer of this one, in a way that cannot be expressed: an error unless they are off.
  void refuse(std::string_view keys) {
    for (const std::string_view key : words(keys)) {
      const Field* field = find(key);
      if (field != nullptr && field->value.find_first_not_of("0.") != std::string::npos) {
        error(*field, "this field changes the layer in a way that is not supported");
      }
    }
  }

  /// Fields that bear on values or on training alone.
  void ignore(std::string_view keys) {
    const std::vector<std::string_view> list = words(keys);
    known_.insert(known_.end(), list.begin(), list.end());
  }

  void error(const SourcePosition& where, const std::string& message) {
    failed_ = true;
    out_.push_back({where, label_ + ": " + message});
  }
  void error(const Field& field, const std::string& message) { error(field.value_where, field.key + ": " + message); }
  void error(const std::string& message) { error(section_.where, message); }
  void warning(const SourcePosition& where, const std::string& message) {
    out_.push_back({where, label_ + ": " + message, Severity::warning});
  }
  void warning(const std::string& message) { warning(section_.where, message); }

  /// Call once, after the last getter.
  void finish() {
    const std::vector<std::string> known = to_strings(known_);
    for (const Field& field : section_.fields) {
      if (const Field* first = first_.at(field.key); first != &field) {
        // As in Darknet, whose lists are searched from the front.
        warning(field.where, "duplicate field " + in_quotes(field.key) + ": the one in line " +
                                 std::to_string(first->where.line) + " counts");
      } else if (std::find(known_.begin(), known_.end(), field.key) == known_.end()) {
        warning(field.where, "unused field " + in_quotes(field.key) + did_you_mean(field.key, known));
      }
    }
  }

 private:
  const Field* find(std::string_view key) {
    known_.push_back(key);
    const auto found = first_.find(key);
    return found == first_.end() ? nullptr : found->second;
  }

  const Section& section_;
  std::string label_;
  Diagnostics& out_;
  bool failed_;
  /// The first field of each name.
  std::unordered_map<std::string_view, const Field*> first_;
  std::vector<std::string_view> known_;
};

// --- what Darknet knows ---

/// An activation of Darknet and our function for it. Functions differ in name only, no values are computed, so that one
/// of the same kind may stand in where we have no name for it.
struct ActivationFormat {
  std::string_view name;
  std::string_view function;
  bool same{true};
};

constexpr std::string_view kLinear = "linear";

constexpr auto kActivations = std::to_array<ActivationFormat>({
    {"elu", "elu"},
    {"gelu", "gelu"},
    {"hard_mish", "mish", false},
    {"hardtan", "clip"},
    {"leaky", "leaky_relu"},
    {"lhtan", "clip", false},
    {kLinear, kLinear},
    {"loggy", "tanh", false},
    {"logistic", "sigmoid"},
    {"mish", "mish"},
    {"normalize_channels", "softmax", false},
    {"normalize_channels_softmax", "softmax"},
    {"normalize_channels_softmax_maxval", "softmax"},
    {"plse", "hard_sigmoid", false},
    {"ramp", "leaky_relu", false},
    {"relie", "leaky_relu"},
    {"relu", "relu"},
    {"relu6", "relu6"},
    {"revleaky", "leaky_relu", false},
    {"selu", "selu"},
    {"stair", "clip", false},
    {"swish", "swish"},
    {"tanh", "tanh"},
});

// Fields without a say in the structure, by section.

constexpr std::string_view kAnyLayer =
    "burnin_update clip dont_update dontload dontloadscales dontsave learning_rate numload onlyforward smooth "
    "stopbackward stream train_only_bn truth wait_stream";
constexpr std::string_view kNet =
    "adam adversarial_lr angle aspect attention augment augment_speed B1 B2 badlabels_rejection_percentage batch blur "
    "burn_in center clip contrastive contrastive_color contrastive_jit_flip cutmix decay dynamic_minibatch ema_alpha "
    "eps equidistant_point exposure flip gamma gaussian_noise hue label_smooth_eps learning_rate learning_rate_min "
    "letter_box loss_scale max_batches max_chart_loss max_crop max_ratio min_crop min_ratio mixup momentum mosaic "
    "mosaic_bound notruth num_sigmas_reject_badlabels optimized_memory policy power random resize_step saturation "
    "scale scales seq_scales sequential_subdivisions sgdr_cycle sgdr_mult show_receptive_field step steps stopbackward "
    "subdivisions time_steps track try_fix_nan unsupervised use_cuda_graph valid weights_reject_freq "
    "workspace_size_limit_MB";
constexpr std::string_view kConvolutional = "angle assisted_excitation bin_output binary dot grad_centr xnor";
constexpr std::string_view kCrop = "angle exposure flip noadjust saturation scale shift";
constexpr std::string_view kDropout = "dropblock dropblock_size_abs dropblock_size_rel probability";
constexpr std::string_view kCost = "box class coord l1 noobject_scale object_scale ratio scale smooth thresh type";
constexpr std::string_view kNormalization = "alpha beta kappa size type";
constexpr std::string_view kSoftmax = "groups loss noloss temperature tree";
constexpr std::string_view kShortcut = "alpha beta weights_normalization weights_type";
/// Of [yolo], [Gaussian_yolo], [region] and [detection].
constexpr std::string_view kDetector =
    "absolute anchors background beta_nms bias_match class_scale classes classfix cls_normalizer coord_scale coords "
    "counters_per_class delta_normalizer dets_for_show dets_for_track embedding_layer focal_loss forced ignore_thresh "
    "iou_loss iou_normalizer iou_thresh iou_thresh_kind jitter label_smooth_eps log map mask mask_scale max max_delta "
    "new_coords nms_kind noobject_scale num obj_normalizer object_scale objectness_smooth random reorg rescore resize "
    "scale_x_y show_details side sim_thresh softmax sqrt thresh track_ciou_norm track_history_size tree truth_thresh "
    "uc_normalizer yolo_point";

// --- shapes ---

struct AxisPadding {
  int before{0};
  int after{0};
};

/// Padding of one axis. Darknet pads a convolution by the same number on both sides, however many of the positions at
/// the far end no window reaches: with a stride of 2, 416 pixels and a 3x3 kernel the last row of zeros is never read.
/// Leaving those out changes no output and no window, and gives the IFM shapes of the paper's Table I (417, not 418).
AxisPadding needed_padding(std::int64_t extent, std::int64_t window, std::int64_t stride, std::int64_t before,
                           std::int64_t after) {
  const std::int64_t room = extent + before + after - window;
  if (room >= 0) {
    after = std::max<std::int64_t>(0, room / stride * stride + window - extent - before);
  }
  return {static_cast<int>(before), static_cast<int>(after)};
}

Padding both_axes(AxisPadding rows, AxisPadding columns) {
  return {rows.before, rows.after, columns.before, columns.after};
}

// --- the network ---

class DarknetReader {
 public:
  DarknetReader(const std::string& file, std::string name, const std::optional<Shape>& input_shape)
      : file_{file}, input_shape_{input_shape}, graph_{std::move(name)} {}

  Result<NetworkImport> read(std::string_view text);

 private:
  using MaybeOperation = std::optional<OperationId>;

  /// A kind of section: its names, its reader, and the fields that are nobody's concern here. A reader returns the
  /// operation that gives the layer's output, or nothing when it has failed or its input has.
  struct LayerFormat {
    std::string_view type;
    std::string_view short_type;
    MaybeOperation (DarknetReader::*read)(FieldReader&);
    std::string_view ignored;
  };
  static std::span<const LayerFormat> formats();
  static const LayerFormat* find_format(std::string_view type);
  [[nodiscard]] static std::string supported_sections();

  void read_net(const Section& section);
  void read_layer(const Section& section);

  MaybeOperation read_activation_layer(FieldReader& fields);
  MaybeOperation read_average_pool(FieldReader& fields) { return read_pool(fields, Pool::Kind::average); }
  MaybeOperation read_batch_norm(FieldReader& fields);
  MaybeOperation read_connected(FieldReader& fields);
  MaybeOperation read_convolutional(FieldReader& fields);
  MaybeOperation read_crop(FieldReader& fields);
  MaybeOperation read_global_average_pool(FieldReader& fields);
  MaybeOperation read_logistic(FieldReader& fields);
  MaybeOperation read_max_pool(FieldReader& fields);
  MaybeOperation read_nothing(FieldReader& /*fields*/) { return input_; }
  MaybeOperation read_normalization(FieldReader& fields);
  MaybeOperation read_pool(FieldReader& fields, Pool::Kind kind);
  MaybeOperation read_reorg(FieldReader& fields);
  MaybeOperation read_route(FieldReader& fields);
  MaybeOperation read_sam(FieldReader& fields);
  MaybeOperation read_scale_channels(FieldReader& fields);
  MaybeOperation read_shortcut(FieldReader& fields);
  MaybeOperation read_softmax(FieldReader& fields);
  MaybeOperation read_upsample(FieldReader& fields);

  /// The name of a function, "linear" for none.
  std::string_view read_activation(FieldReader& fields, std::string_view fallback, bool warn_if_absent);
  /// The layers that a list names; nothing when one of them is unknown (an error) or has failed.
  std::optional<std::vector<OperationId>> read_layer_list(FieldReader& fields, std::string_view key);
  std::optional<OperationId> read_other_input(FieldReader& fields);

  [[nodiscard]] bool ready(const FieldReader& fields) const { return input_ && !fields.failed(); }
  [[nodiscard]] const Shape& shape(OperationId id) const { return graph_[id].output; }
  [[nodiscard]] std::string layer_name() const { return type_ + "_" + std::to_string(outputs_.size()); }
  /// Adds an operation; once the layer has failed it adds no more and returns any operation.
  OperationId add(FieldReader& fields, std::string name, OperationKind kind, std::vector<OperationId> inputs);
  OperationId add_activation(FieldReader& fields, const std::string& name, std::string_view function, OperationId in);
  static MaybeOperation result(const FieldReader& fields, OperationId id) {
    return fields.failed() ? std::nullopt : MaybeOperation{id};
  }
  std::optional<OperationId> fit_to_sum(FieldReader& fields, const std::string& name, OperationId map,
                                        const Shape& sum);

  const std::string& file_;
  std::optional<Shape> input_shape_;
  Diagnostics diagnostics_;
  NetworkGraph graph_;
  /// The type of the section that is being read; its index is that of the next output.
  std::string type_;
  /// What each layer so far gives, by the index that `layers` and `from` use; nothing when it is broken, so that what
  /// follows from one mistake is not reported again.
  std::vector<MaybeOperation> outputs_;
  /// The output of the layer before.
  MaybeOperation input_;
  int convolutions_{0};
  int dense_layers_{0};
};

std::span<const DarknetReader::LayerFormat> DarknetReader::formats() {
  constexpr std::string_view kNone;
  static const std::array kFormats{
      LayerFormat{"Gaussian_yolo", "", &DarknetReader::read_nothing, kDetector},
      LayerFormat{"activation", "", &DarknetReader::read_activation_layer, kNone},
      LayerFormat{"avgpool", "avg", &DarknetReader::read_global_average_pool, kNone},
      LayerFormat{"batchnorm", "", &DarknetReader::read_batch_norm, kNone},
      LayerFormat{"connected", "conn", &DarknetReader::read_connected, kNone},
      LayerFormat{"convolutional", "conv", &DarknetReader::read_convolutional, kConvolutional},
      LayerFormat{"cost", "", &DarknetReader::read_nothing, kCost},
      LayerFormat{"crop", "", &DarknetReader::read_crop, kCrop},
      LayerFormat{"detection", "", &DarknetReader::read_nothing, kDetector},
      LayerFormat{"dropout", "", &DarknetReader::read_nothing, kDropout},
      LayerFormat{"empty", "silence", &DarknetReader::read_nothing, kNone},
      LayerFormat{"local_avgpool", "local_avg", &DarknetReader::read_average_pool, kNone},
      LayerFormat{"logistic", "", &DarknetReader::read_logistic, kNone},
      LayerFormat{"maxpool", "max", &DarknetReader::read_max_pool, kNone},
      LayerFormat{"normalization", "lrn", &DarknetReader::read_normalization, kNormalization},
      LayerFormat{"region", "", &DarknetReader::read_nothing, kDetector},
      LayerFormat{"reorg", "reorg3d", &DarknetReader::read_reorg, kNone},
      LayerFormat{"route", "", &DarknetReader::read_route, kNone},
      LayerFormat{"sam", "", &DarknetReader::read_sam, kNone},
      LayerFormat{"scale_channels", "", &DarknetReader::read_scale_channels, kNone},
      LayerFormat{"shortcut", "", &DarknetReader::read_shortcut, kShortcut},
      LayerFormat{"softmax", "soft", &DarknetReader::read_softmax, kSoftmax},
      LayerFormat{"upsample", "", &DarknetReader::read_upsample, kNone},
      LayerFormat{"yolo", "", &DarknetReader::read_nothing, kDetector},
  };
  return kFormats;
}

const DarknetReader::LayerFormat* DarknetReader::find_format(std::string_view type) {
  const std::span<const LayerFormat> all = formats();
  const auto found = std::find_if(all.begin(), all.end(), [&](const LayerFormat& format) {
    return !type.empty() && (format.type == type || format.short_type == type);
  });
  return found == all.end() ? nullptr : &*found;
}

std::string DarknetReader::supported_sections() {
  std::string list;
  for (const LayerFormat& format : formats()) {
    for (const std::string_view type : {format.type, format.short_type}) {
      if (!type.empty()) {
        list += (list.empty() ? "" : ", ") + std::string{type};
      }
    }
  }
  return list;
}

Result<NetworkImport> DarknetReader::read(std::string_view text) {
  const std::vector<Section> sections = SectionScanner{text, file_, diagnostics_}.scan();
  const auto is_net = [](const Section& section) { return section.type == "net" || section.type == "network"; };
  if (sections.empty() && diagnostics_.empty()) {
    diagnostics_.push_back(
        {{.file = file_}, text.empty() ? "the file is empty" : "the file has no sections, so is no Darknet .cfg"});
  } else if (!sections.empty() && !is_net(sections.front())) {
    diagnostics_.push_back({sections.front().where, "the first section must be [net] or [network], got " +
                                                        in_quotes("[" + sections.front().type + "]")});
  } else if (sections.size() == 1) {
    diagnostics_.push_back({sections.front().where, "the network has no layers"});
  }
  for (std::size_t i = 0; i < sections.size(); ++i) {
    if (!is_net(sections[i])) {
      read_layer(sections[i]);
    } else if (i == 0) {
      read_net(sections[i]);
    } else {
      diagnostics_.push_back({sections[i].where, "[" + sections[i].type + "] may only stand first"});
    }
  }
  // Lines were read before what they mean, and a layer's fields before how it fits.
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair{a.where.line, a.where.column} < std::pair{b.where.line, b.where.column};
  });
  if (has_errors(diagnostics_)) {
    return diagnostics_;
  }
  return NetworkImport{std::move(graph_), std::move(diagnostics_)};
}

void DarknetReader::read_net(const Section& section) {
  FieldReader fields{section, "[" + section.type + "]", diagnostics_};
  // An extent of 0 is one that the file leaves open.
  Shape stated{fields.integer("height", 0), fields.integer("width", 0), fields.integer("channels", 0)};
  if (const int inputs = fields.integer("inputs", 0); inputs != 0 && stated == Shape{}) {
    stated = {1, 1, inputs};
  } else if (inputs != 0 && stated.elements() != inputs) {
    fields.error("inputs of " + std::to_string(inputs) + " do not fit a map of " + to_text(stated));
  }
  fields.ignore(kNet);
  fields.finish();
  if (fields.failed()) {
    return;
  }
  const auto agrees = [](int declared, int given) { return declared == 0 || declared == given; };
  const bool open = stated.height == 0 || stated.width == 0 || stated.channels == 0;
  if (input_shape_) {
    if (!agrees(stated.height, input_shape_->height) || !agrees(stated.width, input_shape_->width) ||
        !agrees(stated.channels, input_shape_->channels)) {
      fields.error("the file states " + to_text(stated) + ", input_shape says " + to_text(*input_shape_));
      return;
    }
    stated = *input_shape_;
  } else if (open) {
    fields.error("the shape " + to_text(stated) + " is open; state height, width and channels, or give input_shape");
    return;
  }
  const OperationId input = add(fields, "input", Input{stated}, {});
  input_ = result(fields, input);
}

void DarknetReader::read_layer(const Section& section) {
  const LayerFormat* format = find_format(section.type);
  FieldReader fields{section, "layer " + std::to_string(outputs_.size()) + " [" + printable(section.type) + "]",
                     diagnostics_};
  MaybeOperation output;
  if (format != nullptr) {
    type_ = format->type;
    output = (this->*format->read)(fields);
    fields.ignore(format->ignored);
    fields.ignore(kAnyLayer);
    fields.finish();
  } else if (!section.broken) {
    fields.error("this section is not supported; supported: " + supported_sections());
  }
  input_ = fields.failed() ? std::nullopt : output;
  outputs_.push_back(input_);
}

OperationId DarknetReader::add(FieldReader& fields, std::string name, OperationKind kind,
                               std::vector<OperationId> inputs) {
  if (!fields.failed()) {
    const Result<OperationId, Failure> added = graph_.add(std::move(name), std::move(kind), std::move(inputs));
    if (added) {
      return *added;
    }
    fields.error(added.error().message);
  }
  return OperationId{0};
}

OperationId DarknetReader::add_activation(FieldReader& fields, const std::string& name, std::string_view function,
                                          OperationId in) {
  if (function == kLinear) {
    return in;
  }
  return add(fields, name + "/" + std::string{function}, Activation{std::string{function}}, {in});
}

std::string_view DarknetReader::read_activation(FieldReader& fields, std::string_view fallback, bool warn_if_absent) {
  if (warn_if_absent) {
    fields.warn_if_absent("activation", std::string{fallback});
  }
  const Field* field = fields.text("activation");
  const std::string_view name = field == nullptr ? fallback : std::string_view{field->value};
  const auto found =
      std::find_if(kActivations.begin(), kActivations.end(), [&](const auto& known) { return known.name == name; });
  if (found == kActivations.end()) {
    std::vector<std::string> names;
    std::string list;
    for (const ActivationFormat& known : kActivations) {
      names.emplace_back(known.name);
      list += (list.empty() ? "; known: " : ", ") + names.back();
    }
    // Darknet would go on with ReLU.
    const std::string hint = did_you_mean(name, names);
    fields.error(*field, "unknown activation " + in_quotes(name) + (hint.empty() ? list : hint));
    return kLinear;
  }
  if (!found->same) {
    fields.warning(field->value_where,
                   "activation '" + std::string{name} + "' becomes '" + std::string{found->function} + "'");
  }
  return found->function;
}

std::optional<std::vector<OperationId>> DarknetReader::read_layer_list(FieldReader& fields, std::string_view key) {
  const std::int64_t here = static_cast<std::int64_t>(outputs_.size());
  std::vector<OperationId> operations;
  bool complete = true;
  for (const auto& [number, where] : fields.required_integers(key)) {
    const std::int64_t index = number < 0 ? here + number : number;
    if (index < 0 || index >= here) {
      fields.error(where, std::string{key} + ": no layer " + std::to_string(number) + " stands before this one");
    } else if (const MaybeOperation& output = outputs_[static_cast<std::size_t>(index)]) {
      operations.push_back(*output);
    } else {
      complete = false;
    }
  }
  return complete && !fields.failed() ? std::optional{std::move(operations)} : std::nullopt;
}

/// `from` of the layers that have one input beside the layer before.
std::optional<OperationId> DarknetReader::read_other_input(FieldReader& fields) {
  const std::optional<std::vector<OperationId>> others = read_layer_list(fields, "from");
  if (!others) {
    return std::nullopt;
  }
  if (others->size() > 1) {
    fields.error(*fields.text("from"), "expected one layer, got " + std::to_string(others->size()));
    return std::nullopt;
  }
  return others->front();
}

// --- layers ---

DarknetReader::MaybeOperation DarknetReader::read_activation_layer(FieldReader& fields) {
  const std::string_view function = read_activation(fields, kLinear, true);
  if (!ready(fields)) {
    return std::nullopt;
  }
  return result(fields, add_activation(fields, layer_name(), function, *input_));
}

DarknetReader::MaybeOperation DarknetReader::read_batch_norm(FieldReader& fields) {
  if (!ready(fields)) {
    return std::nullopt;
  }
  return result(fields, add(fields, layer_name(), BatchNorm{}, {*input_}));
}

DarknetReader::MaybeOperation DarknetReader::read_connected(FieldReader& fields) {
  const bool batch_norm = fields.flag("batch_normalize");
  const Dense dense{fields.stated_integer("output", 1), !batch_norm};
  const std::string_view function = read_activation(fields, "logistic", true);
  const std::string name = dense_layers_ == 0 ? "dense" : "dense_" + std::to_string(dense_layers_);
  ++dense_layers_;
  if (!ready(fields)) {
    return std::nullopt;
  }
  OperationId last = add(fields, name, dense, {*input_});
  if (batch_norm) {
    last = add(fields, name + "/batch_norm", BatchNorm{}, {last});
  }
  return result(fields, add_activation(fields, name, function, last));
}

DarknetReader::MaybeOperation DarknetReader::read_convolutional(FieldReader& fields) {
  constexpr std::string_view kOtherLayers = "antialiasing coordconv flipped reverse rotate stretch stretch_sway sway";
  fields.refuse(kOtherLayers);
  if (const Field* shared = fields.text("share_index")) {
    fields.error(*shared, "weights shared with another layer are not supported");
  }
  Conv2d conv;
  conv.filters = fields.stated_integer("filters", 1);
  const int size = fields.stated_integer("size", 1);
  conv.kernel = {size, size};
  const int stride = fields.integer("stride", 1);
  conv.stride = {fields.integer("stride_y", stride), fields.integer("stride_x", stride)};
  const int stated_dilation = fields.integer("dilation", 1);
  const int dilation = size == 1 ? 1 : stated_dilation;
  conv.dilation = {dilation, dilation};
  conv.groups = fields.integer("groups", 1);
  const int stated_padding = fields.integer("padding", 0, 0);
  const std::int64_t padding = fields.flag("pad") ? size / 2 : stated_padding;
  const bool normalized = fields.flag("batch_normalize");
  const bool batch_norm = fields.flag("cbn") || normalized;
  conv.bias = !batch_norm;
  const std::string_view function = read_activation(fields, "logistic", true);
  // As in Keras and in our own format.
  const std::string name = convolutions_ == 0 ? "conv2d" : "conv2d_" + std::to_string(convolutions_);
  ++convolutions_;
  if (!ready(fields)) {
    return std::nullopt;
  }

  const Shape in = shape(*input_);
  // Darknet pads a dilated kernel by `padding * dilation`, but counts its outputs as if it were not dilated. Where that
  // is another number it works on memory that is not its own.
  const std::int64_t spread_padding = padding * dilation;
  const std::int64_t window = std::int64_t{dilation} * (size - 1) + 1;
  if (2 * spread_padding - window != 2 * padding - size) {
    fields.error("with a dilation of " + std::to_string(dilation) + " Darknet has no outputs for a padding of " +
                 std::to_string(padding) + "; it must be (size - 1) / 2");
    return std::nullopt;
  }
  if (spread_padding > kMaxImportExtent) {
    fields.error("a padding of " + std::to_string(spread_padding) + " is too large");
    return std::nullopt;
  }
  conv.padding = both_axes(needed_padding(in.height, window, conv.stride.height, spread_padding, spread_padding),
                           needed_padding(in.width, window, conv.stride.width, spread_padding, spread_padding));
  OperationId last = add(fields, name, conv, {*input_});
  if (batch_norm) {
    last = add(fields, name + "/batch_norm", BatchNorm{}, {last});
  }
  return result(fields, add_activation(fields, name, function, last));
}

/// Cuts out the middle, which is what Darknet does when it does not train.
DarknetReader::MaybeOperation DarknetReader::read_crop(FieldReader& fields) {
  const int height = fields.stated_integer("crop_height", 1);
  const int width = fields.stated_integer("crop_width", 1);
  if (!ready(fields)) {
    return std::nullopt;
  }
  const Shape in = shape(*input_);
  if (height > in.height || width > in.width) {
    fields.error("cannot crop " + to_text(in) + " to " + std::to_string(height) + "x" + std::to_string(width));
    return std::nullopt;
  }
  const Slice middle{{(in.height - height) / 2, (in.width - width) / 2, 0}, {height, width, in.channels}};
  return result(fields, add(fields, layer_name(), middle, {*input_}));
}

DarknetReader::MaybeOperation DarknetReader::read_global_average_pool(FieldReader& fields) {
  if (!ready(fields)) {
    return std::nullopt;
  }
  return result(fields, add(fields, layer_name(), GlobalPool{Pool::Kind::average}, {*input_}));
}

DarknetReader::MaybeOperation DarknetReader::read_logistic(FieldReader& fields) {
  if (!ready(fields)) {
    return std::nullopt;
  }
  return result(fields, add(fields, layer_name(), Activation{"sigmoid"}, {*input_}));
}

DarknetReader::MaybeOperation DarknetReader::read_max_pool(FieldReader& fields) {
  constexpr std::string_view kOtherLayers = "antialiasing maxpool_depth maxpool_zero_nonmax";
  fields.refuse(kOtherLayers);
  // Without maxpool_depth this says nothing, but then nobody writes it.
  if (const Field* channels = fields.text("out_channels")) {
    fields.error(*channels, "pooling over channels is not supported");
  }
  return read_pool(fields, Pool::Kind::max);
}

DarknetReader::MaybeOperation DarknetReader::read_normalization(FieldReader& fields) {
  if (!ready(fields)) {
    return std::nullopt;
  }
  return result(fields, add(fields, layer_name(), Activation{"lrn"}, {*input_}));
}

DarknetReader::MaybeOperation DarknetReader::read_pool(FieldReader& fields, Pool::Kind kind) {
  Pool pool;
  pool.kind = kind;
  const int stride = fields.integer("stride", 1);
  pool.stride = {fields.integer("stride_y", stride), fields.integer("stride_x", stride)};
  const int size = fields.integer("size", stride);
  pool.kernel = {size, size};
  // The sum of both sides, unlike a convolution's; the smaller half of it goes to the top and left. By the default a
  // pool of stride 1 keeps the map's extent, and that of size 2 has the windows [x, x + 1].
  const int padding = fields.integer("padding", size - 1, 0);
  if (!ready(fields)) {
    return std::nullopt;
  }
  const Shape in = shape(*input_);
  const int before = padding / 2;
  pool.padding = both_axes(needed_padding(in.height, size, pool.stride.height, before, padding - before),
                           needed_padding(in.width, size, pool.stride.width, before, padding - before));
  return result(fields, add(fields, layer_name(), pool, {*input_}));
}

/// Space to depth, or back with `reverse`. [reorg] of Darknet does not even move whole pixels (it counts as if the map
/// had its output's shape), so that every output is taken to need the whole map.
DarknetReader::MaybeOperation DarknetReader::read_reorg(FieldReader& fields) {
  constexpr std::string_view kOtherLayers = "extra";
  fields.refuse(kOtherLayers);
  static_cast<void>(fields.flag("flatten"));
  const int stride = fields.integer("stride", 1);
  const bool reverse = fields.flag("reverse");
  if (!ready(fields)) {
    return std::nullopt;
  }
  const Shape in = shape(*input_);
  const std::int64_t square = std::int64_t{stride} * stride;
  const bool fits = reverse ? in.channels % square == 0 : in.height % stride == 0 && in.width % stride == 0;
  if (!fits) {
    fields.error("a stride of " + std::to_string(stride) + " does not divide " + to_text(in));
    return std::nullopt;
  }
  if (in.channels * square > kMaxImportExtent || std::int64_t{in.height} * stride > kMaxImportExtent ||
      std::int64_t{in.width} * stride > kMaxImportExtent) {
    fields.error("a stride of " + std::to_string(stride) + " makes a map of " + to_text(in) + " too large");
    return std::nullopt;
  }
  const int channels = static_cast<int>(reverse ? in.channels / square : in.channels * square);
  const Shape out = reverse ? Shape{in.height * stride, in.width * stride, channels}
                            : Shape{in.height / stride, in.width / stride, channels};
  fields.warning("the rearranged map is taken to need the whole map before it");
  return result(fields, add(fields, layer_name(), Reshape{out}, {*input_}));
}

/// Channels of several layers behind one another; with `groups` the same part of each of them.
DarknetReader::MaybeOperation DarknetReader::read_route(FieldReader& fields) {
  const int groups = fields.integer("groups", 1);
  const int group = fields.integer("group_id", 0, 0);
  std::optional<std::vector<OperationId>> maps = read_layer_list(fields, "layers");
  if (const Field* field = fields.text("group_id"); field != nullptr && group >= groups && !fields.failed()) {
    fields.error(*field, "there is no group " + std::to_string(group) + " of " + std::to_string(groups));
  }
  if (!maps || fields.failed()) {
    return std::nullopt;
  }
  const std::string name = layer_name();
  for (std::size_t i = 0; groups > 1 && i < maps->size(); ++i) {
    const Shape in = shape((*maps)[i]);
    if (in.channels % groups != 0) {
      fields.error(std::to_string(groups) + " groups do not divide the channels of " + to_text(in));
      return std::nullopt;
    }
    const int channels = in.channels / groups;
    const Slice part{{0, 0, group * channels}, {in.height, in.width, channels}};
    std::string part_name = name;
    if (maps->size() > 1) {
      part_name += "/slice_" + std::to_string(i);
    }
    (*maps)[i] = add(fields, std::move(part_name), part, {(*maps)[i]});
  }
  if (maps->size() == 1) {
    return result(fields, maps->front());
  }
  return result(fields, add(fields, name, Concat{Concat::Along::channels}, *std::move(maps)));
}

DarknetReader::MaybeOperation DarknetReader::read_sam(FieldReader& fields) {
  const std::optional<OperationId> other = read_other_input(fields);
  const std::string_view function = read_activation(fields, kLinear, false);
  if (!other || !ready(fields)) {
    return std::nullopt;
  }
  if (shape(*other) != shape(*input_)) {
    fields.error("cannot multiply " + to_text(shape(*input_)) + " by " + to_text(shape(*other)));
    return std::nullopt;
  }
  const std::string name = layer_name();
  const OperationId product = add(fields, name, Elementwise{"multiply"}, {*input_, *other});
  return result(fields, add_activation(fields, name, function, product));
}

/// Multiplies the layer `from` by the one before this: a value for each channel, or with scale_wh for each pixel.
DarknetReader::MaybeOperation DarknetReader::read_scale_channels(FieldReader& fields) {
  const std::optional<OperationId> map = read_other_input(fields);
  const bool each_pixel = fields.flag("scale_wh");
  const std::string_view function = read_activation(fields, kLinear, false);
  if (!map || !ready(fields)) {
    return std::nullopt;
  }
  const Shape wanted = each_pixel ? Shape{shape(*map).height, shape(*map).width, 1} : Shape{1, 1, shape(*map).channels};
  if (shape(*input_) != wanted) {
    fields.error("scaling " + to_text(shape(*map)) + " takes factors of " + to_text(wanted) + ", got " +
                 to_text(shape(*input_)));
    return std::nullopt;
  }
  const std::string name = layer_name();
  const OperationId product = add(fields, name, Elementwise{"multiply"}, {*map, *input_});
  return result(fields, add_activation(fields, name, function, product));
}

/// Brings the rows and columns of a map to those of the sum that it goes into.
std::optional<OperationId> DarknetReader::fit_to_sum(FieldReader& fields, const std::string& name, OperationId map,
                                                     const Shape& sum) {
  const Shape in = shape(map);
  if (in.height == sum.height && in.width == sum.width) {
    return map;
  }
  const auto is_multiple = [](const Shape& a, const Shape& b) {
    return a.height % b.height == 0 && a.width % b.width == 0 && a.height / b.height == a.width / b.width;
  };
  if (is_multiple(in, sum)) {
    const int stride = in.height / sum.height;
    fields.warning("of " + to_text(in) + " every row and column number " + std::to_string(stride) +
                   " is added, as in the original Darknet");
    Pool pick;
    pick.stride = {stride, stride};
    return add(fields, name + "/stride", pick, {map});
  }
  if (is_multiple(sum, in)) {
    // Only every factor-th pixel of the sum gets an addend; the others are taken to need one too.
    const int factor = sum.height / in.height;
    fields.warning("a map of " + to_text(in) + " is enlarged to be added to " + to_text(sum));
    return add(fields, name + "/upsample", Upsample{{factor, factor}}, {map});
  }
  fields.error("cannot add " + to_text(in) + " to " + to_text(sum));
  return std::nullopt;
}

/// The sum of the layer before and others, of its shape. Of maps that differ in channels Darknet adds those that both
/// have.
DarknetReader::MaybeOperation DarknetReader::read_shortcut(FieldReader& fields) {
  std::optional<std::vector<OperationId>> others = read_layer_list(fields, "from");
  const std::string_view function = read_activation(fields, kLinear, false);
  if (!others || !ready(fields)) {
    return std::nullopt;
  }
  const Shape sum = shape(*input_);
  const auto channels_of = [&](OperationId map, int first, int count) {
    return Slice{{0, 0, first}, {shape(map).height, shape(map).width, count}};
  };
  OperationId base = *input_;
  std::vector<OperationId> addends;
  for (std::size_t i = 0; i < others->size(); ++i) {
    const std::string name = layer_name() + (others->size() == 1 ? "" : "/" + std::to_string(i));
    const std::optional<OperationId> map = fit_to_sum(fields, name, (*others)[i], sum);
    if (!map || fields.failed()) {
      return std::nullopt;
    }
    const int channels = shape(*map).channels;
    if (channels == sum.channels) {
      addends.push_back(*map);
    } else if (channels > sum.channels) {
      addends.push_back(add(fields, name + "/slice", channels_of(*map, 0, sum.channels), {*map}));
    } else {
      const OperationId head = add(fields, name + "/head", channels_of(base, 0, channels), {base});
      const OperationId tail =
          add(fields, name + "/tail", channels_of(base, channels, sum.channels - channels), {base});
      const OperationId added = add(fields, name + "/add", Elementwise{"add"}, {head, *map});
      base = add(fields, name + "/concat", Concat{Concat::Along::channels}, {added, tail});
    }
  }
  if (!addends.empty()) {
    addends.insert(addends.begin(), base);
    base = add(fields, layer_name(), Elementwise{"add"}, std::move(addends));
  }
  return result(fields, add_activation(fields, layer_name(), function, base));
}

/// Over everything unless it is `spatial`: then over the channels of each pixel.
DarknetReader::MaybeOperation DarknetReader::read_softmax(FieldReader& fields) {
  const bool each_pixel = fields.flag("spatial");
  if (!ready(fields)) {
    return std::nullopt;
  }
  const Shape in = shape(*input_);
  const std::string name = layer_name();
  OperationId map = *input_;
  if (!each_pixel && in.pixels() > 1) {
    // More elements than an extent can count fail as a shape of another size.
    const std::int64_t elements = std::min<std::int64_t>(in.elements(), std::numeric_limits<int>::max());
    map = add(fields, name + "/flatten", Reshape{{1, 1, static_cast<int>(elements)}}, {map});
  }
  return result(fields, add(fields, name, Activation{"softmax"}, {map}));
}

DarknetReader::MaybeOperation DarknetReader::read_upsample(FieldReader& fields) {
  const int stride = fields.integer("stride", 2);
  static_cast<void>(fields.text("scale"));
  if (!ready(fields)) {
    return std::nullopt;
  }
  return result(fields, add(fields, layer_name(), Upsample{{stride, stride}}, {*input_}));
}

}  // namespace

Result<NetworkImport> parse_darknet(std::string_view text, const std::string& name,
                                    const std::optional<Shape>& input_shape) {
  return DarknetReader{name, std::filesystem::path{name}.stem().string(), input_shape}.read(text);
}

Result<NetworkImport> import_darknet(const std::filesystem::path& file, const std::optional<Shape>& input_shape) {
  const Result<std::string> text = read_text(file);
  if (!text) {
    return text.error();
  }
  return parse_darknet(*text, file.string(), input_shape);
}

}  // namespace crossweave
