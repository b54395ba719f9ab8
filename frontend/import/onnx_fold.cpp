#include "frontend/import/onnx_fold.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

#include "arch/diagnostics.h"

namespace crossweave {
namespace {

constexpr OnnxConstant unknown() { return {.dims = std::nullopt}; }

// --- positions in tensors ---

/// The flat position in a tensor of `dims` that an element of the broadcast `out` reads.
std::size_t source_position(std::size_t flat, const Integers& out, const Integers& dims) {
  std::size_t position = 0;
  std::size_t step = 1;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const auto extent = static_cast<std::size_t>(out[out.size() - 1 - i]);
    const auto own = static_cast<std::size_t>(dims[dims.size() - 1 - i]);
    position += own == 1 ? 0 : flat % extent * step;
    flat /= extent;
    step *= own;
  }
  return position;
}

/// Where each element of a result comes from in its one source.
using Positions = std::vector<std::size_t>;

/// `source` with the elements at `positions`, as a tensor of `dims`.
OnnxConstant picked(const OnnxConstant& source, Integers dims, const Positions& positions) {
  OnnxConstant result{.dims = std::move(dims)};
  const auto pick = [&](const auto& values) {
    std::remove_cvref_t<decltype(values)> chosen;
    for (const std::size_t position : positions) {
      chosen.push_back(values[position]);
    }
    return chosen;
  };
  if (source.integers) {
    result.integers = pick(*source.integers);
  }
  if (source.reals) {
    result.reals = pick(*source.reals);
  }
  return result;
}

bool has_values(const OnnxConstant& constant) { return constant.dims && (constant.integers || constant.reals); }

/// The number of elements when it is one that may be worked out.
std::optional<std::size_t> short_count(const Integers& dims) {
  const std::optional<std::int64_t> count = element_count(dims);
  return count && *count <= kMaxKnownValues ? std::optional{static_cast<std::size_t>(*count)} : std::nullopt;
}

/// A tensor of `dims` whose element at coordinates `at` is that of `source` at `where(at)`.
OnnxConstant gathered(const OnnxConstant& source, const Integers& dims,
                      const std::function<std::size_t(const Integers&)>& where) {
  const std::optional<std::size_t> count = short_count(dims);
  if (!count || !has_values(source)) {
    return {.dims = dims};
  }
  Positions positions;
  Integers at(dims.size(), 0);
  for (std::size_t i = 0; i < *count; ++i) {
    positions.push_back(where(at));
    for (std::size_t axis = dims.size(); axis-- > 0 && ++at[axis] == dims[axis];) {
      at[axis] = 0;
    }
  }
  return picked(source, dims, positions);
}

std::size_t flat_position(const Integers& at, const Integers& dims) {
  std::size_t position = 0;
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    position = position * static_cast<std::size_t>(dims[axis]) + static_cast<std::size_t>(at[axis]);
  }
  return position;
}

/// A negative axis counts from the end; nullopt when out of range.
std::optional<std::size_t> axis_of(std::int64_t axis, std::size_t rank) {
  const auto limit = static_cast<std::int64_t>(rank);
  if (axis < -limit || axis >= limit) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(axis < 0 ? axis + limit : axis);
}

/// The integers of an operand, or of the attribute that stood for it in older opsets.
std::optional<Integers> parameter(OnnxNode& node, const Constants& operands, std::size_t index,
                                  const std::string& attribute) {
  if (index < operands.size() && operands[index] != nullptr) {
    return operands[index]->integers;
  }
  return node.integers(attribute);
}

// --- element by element ---

std::optional<std::vector<double>> reals_of(const OnnxConstant& constant) {
  if (constant.reals) {
    return constant.reals;
  }
  if (constant.integers) {
    return std::vector<double>(constant.integers->begin(), constant.integers->end());
  }
  return std::nullopt;
}

using IntegerFunction = std::optional<std::int64_t> (*)(std::int64_t, std::int64_t);
using RealFunction = double (*)(double, double);

std::optional<std::int64_t> divide(std::int64_t a, std::int64_t b) {
  const bool defined = b != 0 && (a != std::numeric_limits<std::int64_t>::min() || b != -1);
  return defined ? std::optional{a / b} : std::nullopt;
}

std::optional<std::int64_t> modulo(std::int64_t a, std::int64_t b) {
  if (b == 0 || b == -1) {
    return b == 0 ? std::nullopt : std::optional<std::int64_t>{0};
  }
  const std::int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

struct BinaryFunction {
  IntegerFunction integers;
  RealFunction reals;
  bool truth{false};
};

const std::map<std::string, BinaryFunction>& binary_functions() {
  using I = std::int64_t;
  using O = std::optional<I>;
  static const std::map<std::string, BinaryFunction> kFunctions{
      {"Add",
       {[](I a, I b) { return __builtin_add_overflow(a, b, &a) ? O{} : O{a}; },
        [](double a, double b) { return a + b; }}},
      {"Sub",
       {[](I a, I b) { return __builtin_sub_overflow(a, b, &a) ? O{} : O{a}; },
        [](double a, double b) { return a - b; }}},
      {"Mul",
       {[](I a, I b) { return __builtin_mul_overflow(a, b, &a) ? O{} : O{a}; },
        [](double a, double b) { return a * b; }}},
      {"Div", {divide, [](double a, double b) { return a / b; }}},
      {"Mod", {modulo, [](double a, double b) { return std::fmod(a, b); }}},
      {"Pow", {[](I, I) { return O{}; }, [](double a, double b) { return std::pow(a, b); }}},
      {"Max", {[](I a, I b) { return O{std::max(a, b)}; }, [](double a, double b) { return std::max(a, b); }}},
      {"Min", {[](I a, I b) { return O{std::min(a, b)}; }, [](double a, double b) { return std::min(a, b); }}},
      {"And", {[](I a, I b) { return O{a != 0 && b != 0}; }, nullptr, true}},
      {"Or", {[](I a, I b) { return O{a != 0 || b != 0}; }, nullptr, true}},
      {"Equal", {[](I a, I b) { return O{a == b}; }, [](double a, double b) { return a == b ? 1.0 : 0.0; }, true}},
      {"Greater", {[](I a, I b) { return O{a > b}; }, [](double a, double b) { return a > b ? 1.0 : 0.0; }, true}},
      {"Less", {[](I a, I b) { return O{a < b}; }, [](double a, double b) { return a < b ? 1.0 : 0.0; }, true}},
  };
  return kFunctions;
}

OnnxConstant fold_pair(const BinaryFunction& function, const OnnxConstant& a, const OnnxConstant& b) {
  if (!a.dims || !b.dims) {
    return unknown();
  }
  OnnxConstant result{.dims = broadcast(*a.dims, *b.dims)};
  const std::optional<std::size_t> count = result.dims ? short_count(*result.dims) : std::nullopt;
  if (!count || !has_values(a) || !has_values(b)) {
    return result;
  }
  const bool integers = a.integers && b.integers;
  const std::optional<std::vector<double>> real_a = reals_of(a);
  const std::optional<std::vector<double>> real_b = reals_of(b);
  Integers whole;
  std::vector<double> reals;
  for (std::size_t i = 0; i < *count; ++i) {
    const std::size_t at_a = source_position(i, *result.dims, *a.dims);
    const std::size_t at_b = source_position(i, *result.dims, *b.dims);
    if (integers) {
      const std::optional<std::int64_t> value = function.integers((*a.integers)[at_a], (*b.integers)[at_b]);
      if (!value) {
        return result;
      }
      whole.push_back(*value);
    } else if (function.reals != nullptr) {
      reals.push_back(function.reals((*real_a)[at_a], (*real_b)[at_b]));
    } else {
      return result;
    }
  }
  if (!integers && function.truth) {
    whole.assign(reals.begin(), reals.end());
  }
  if (integers || function.truth) {
    result.integers = std::move(whole);
  } else {
    result.reals = std::move(reals);
  }
  return result;
}

OnnxConstant fold_where(const OnnxConstant& condition, const OnnxConstant& yes, const OnnxConstant& no) {
  if (!condition.dims || !yes.dims || !no.dims) {
    return unknown();
  }
  const std::optional<Integers> both = broadcast(*yes.dims, *no.dims);
  OnnxConstant result{.dims = both ? broadcast(*condition.dims, *both) : std::nullopt};
  const std::optional<std::size_t> count = result.dims ? short_count(*result.dims) : std::nullopt;
  if (!count || !condition.integers || !yes.integers || !no.integers) {
    return result;
  }
  Integers values;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto at = [&](const OnnxConstant& of) { return (*of.integers)[source_position(i, *result.dims, *of.dims)]; };
    values.push_back(at(condition) != 0 ? at(yes) : at(no));
  }
  result.integers = std::move(values);
  return result;
}

const std::map<std::string, double (*)(double)>& unary_functions() {
  static const std::map<std::string, double (*)(double)> kFunctions{
      {"Ceil", [](double x) { return std::ceil(x); }},   {"Exp", [](double x) { return std::exp(x); }},
      {"Floor", [](double x) { return std::floor(x); }}, {"Log", [](double x) { return std::log(x); }},
      {"Reciprocal", [](double x) { return 1 / x; }},    {"Round", [](double x) { return std::nearbyint(x); }},
      {"Sqrt", [](double x) { return std::sqrt(x); }},
  };
  return kFunctions;
}

OnnxConstant fold_unary(const std::string& operation, const OnnxConstant& in) {
  OnnxConstant result{.dims = in.dims};
  if (operation == "Neg" || operation == "Abs" || operation == "Not") {
    if (in.integers) {
      result.integers.emplace();
      for (const std::int64_t value : *in.integers) {
        if (value == std::numeric_limits<std::int64_t>::min()) {
          return {.dims = in.dims};
        }
        result.integers->push_back(operation == "Not"   ? (value == 0 ? 1 : 0)
                                   : operation == "Neg" ? -value
                                                        : std::abs(value));
      }
    } else if (in.reals && operation != "Not") {
      result.reals = in.reals;
      for (double& value : *result.reals) {
        value = operation == "Neg" ? -value : std::abs(value);
      }
    }
    return result;
  }
  if (in.reals) {
    result.reals = in.reals;
    std::ranges::transform(*result.reals, result.reals->begin(), unary_functions().at(operation));
  }
  return result;
}

OnnxConstant fold_cast(OnnxNode& node, const OnnxConstant& in) {
  const std::int64_t to = node.integer("to", 0, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
  OnnxConstant result{.dims = in.dims};
  switch (to) {
    case onnx::TensorProto::FLOAT:
    case onnx::TensorProto::FLOAT16:
    case onnx::TensorProto::BFLOAT16:
    case onnx::TensorProto::DOUBLE:
      result.reals = reals_of(in);
      return result;
    default:
      break;
  }
  if (in.integers || !in.reals) {
    result.integers = in.integers;
    return result;
  }
  result.integers.emplace();
  for (const double value : *in.reals) {
    // Written so that NaN is left out too. Doubles hold integers up to 2^53 exactly.
    if (!(std::abs(value) <= 9007199254740992.0)) {
      return {.dims = in.dims};
    }
    result.integers->push_back(static_cast<std::int64_t>(value));
  }
  return result;
}

// --- parts and shapes ---

OnnxConstant fold_gather(OnnxNode& node, const OnnxConstant& data, const OnnxConstant& indices) {
  const std::int64_t stated = node.integer("axis", 0, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
  if (!data.dims || !indices.dims) {
    return unknown();
  }
  const std::optional<std::size_t> axis = axis_of(stated, data.dims->size());
  if (!axis) {
    return unknown();
  }
  const auto at_axis = static_cast<std::ptrdiff_t>(*axis);
  Integers dims(data.dims->begin(), data.dims->begin() + at_axis);
  dims.insert(dims.end(), indices.dims->begin(), indices.dims->end());
  dims.insert(dims.end(), data.dims->begin() + at_axis + 1, data.dims->end());
  const std::int64_t extent = (*data.dims)[*axis];
  const auto inside = [&](std::int64_t index) { return index >= -extent && index < extent; };
  if (!indices.integers || !std::ranges::all_of(*indices.integers, inside)) {
    return {.dims = dims};
  }
  return gathered(data, dims, [&](const Integers& at) {
    const auto behind = at.begin() + at_axis + static_cast<std::ptrdiff_t>(indices.dims->size());
    const Integers in_indices(at.begin() + at_axis, behind);
    Integers source(at.begin(), at.begin() + at_axis);
    const std::int64_t index = (*indices.integers)[flat_position(in_indices, *indices.dims)];
    source.push_back(index < 0 ? index + extent : index);
    source.insert(source.end(), behind, at.end());
    return flat_position(source, *data.dims);
  });
}

OnnxConstant fold_concat(OnnxNode& node, const Constants& operands) {
  const std::int64_t stated = node.integer("axis", 1, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
  if (operands.empty() || operands.front() == nullptr || !operands.front()->dims) {
    return unknown();
  }
  Integers dims = *operands.front()->dims;
  const std::optional<std::size_t> axis = axis_of(stated, dims.size());
  if (!axis) {
    return unknown();
  }
  dims[*axis] = 0;
  bool integers = true;
  bool reals = true;
  for (const OnnxConstant* part : operands) {
    if (part == nullptr || !part->dims || part->dims->size() != dims.size() ||
        __builtin_add_overflow(dims[*axis], (*part->dims)[*axis], &dims[*axis])) {
      return unknown();
    }
    integers = integers && part->integers;
    reals = reals && part->reals;
  }
  OnnxConstant result{.dims = dims};
  if (dims.size() != 1 || !short_count(dims)) {
    return result;
  }
  const auto join = [&](auto member) {
    auto joined = *(operands.front()->*member);
    for (std::size_t i = 1; i < operands.size(); ++i) {
      joined.insert(joined.end(), (operands[i]->*member)->begin(), (operands[i]->*member)->end());
    }
    return joined;
  };
  if (integers) {
    result.integers = join(&OnnxConstant::integers);
  } else if (reals) {
    result.reals = join(&OnnxConstant::reals);
  }
  return result;
}

OnnxConstant fold_slice(OnnxNode& node, const Constants& operands) {
  const OnnxConstant& in = *operands.front();
  const std::optional<Integers> starts = parameter(node, operands, 1, "starts");
  const std::optional<Integers> ends = parameter(node, operands, 2, "ends");
  if (!in.dims || !starts || !ends || starts->size() != ends->size()) {
    return unknown();
  }
  Integers all(starts->size());
  std::iota(all.begin(), all.end(), 0);
  const Integers axes = parameter(node, operands, 3, "axes").value_or(all);
  const Integers steps = parameter(node, operands, 4, "steps").value_or(Integers(starts->size(), 1));
  if (axes.size() != starts->size() || steps.size() != starts->size()) {
    return unknown();
  }
  Integers dims = *in.dims;
  Integers first(dims.size(), 0);
  Integers step(dims.size(), 1);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::optional<std::size_t> axis = axis_of(axes[i], dims.size());
    constexpr std::int64_t kMost = std::numeric_limits<int>::max();
    if (!axis || steps[i] == 0 || steps[i] < -kMost || steps[i] > kMost || (*in.dims)[*axis] > kMost) {
      return unknown();
    }
    const SlicedAxis part = sliced_axis((*in.dims)[*axis], (*starts)[i], (*ends)[i], steps[i]);
    first[*axis] = part.first;
    step[*axis] = steps[i];
    dims[*axis] = part.count;
  }
  return gathered(in, dims, [&](const Integers& at) {
    Integers source = at;
    for (std::size_t axis = 0; axis < at.size(); ++axis) {
      source[axis] = first[axis] + at[axis] * step[axis];
    }
    return flat_position(source, *in.dims);
  });
}

/// The same values under other dimensions.
OnnxConstant reshaped(const OnnxConstant& in, std::optional<Integers> dims) {
  if (!dims) {
    return unknown();
  }
  return {.dims = std::move(dims), .integers = in.integers, .reals = in.reals};
}

std::optional<Integers> squeezed(const Integers& dims, const std::optional<Integers>& stated) {
  std::vector<bool> gone(dims.size(), false);
  for (std::size_t i = 0; i < dims.size() && !stated; ++i) {
    gone[i] = dims[i] == 1;
  }
  for (const std::int64_t axis : stated.value_or(Integers{})) {
    const std::optional<std::size_t> index = axis_of(axis, dims.size());
    if (!index || dims[*index] != 1) {
      return std::nullopt;
    }
    gone[*index] = true;
  }
  Integers left;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (!gone[i]) {
      left.push_back(dims[i]);
    }
  }
  return left;
}

std::optional<Integers> unsqueezed(const Integers& dims, const std::optional<Integers>& stated) {
  if (!stated || stated->size() > kMaxRank) {
    return std::nullopt;
  }
  const std::size_t rank = dims.size() + stated->size();
  std::vector<bool> added(rank, false);
  for (const std::int64_t axis : *stated) {
    const std::optional<std::size_t> index = axis_of(axis, rank);
    if (!index || added[*index]) {
      return std::nullopt;
    }
    added[*index] = true;
  }
  Integers result;
  for (std::size_t i = 0, next = 0; i < rank; ++i) {
    result.push_back(added[i] ? 1 : dims[next++]);
  }
  return result;
}

OnnxConstant fold_transpose(OnnxNode& node, const OnnxConstant& in) {
  if (!in.dims) {
    return unknown();
  }
  Integers order(in.dims->size());
  std::iota(order.rbegin(), order.rend(), 0);
  order = node.integers("perm").value_or(order);
  Integers sorted = order;
  std::ranges::sort(sorted);
  Integers axes(in.dims->size());
  std::iota(axes.begin(), axes.end(), 0);
  if (sorted != axes) {
    return unknown();
  }
  Integers dims;
  for (const std::int64_t axis : order) {
    dims.push_back((*in.dims)[static_cast<std::size_t>(axis)]);
  }
  return gathered(in, dims, [&](const Integers& at) {
    Integers source(at.size());
    for (std::size_t i = 0; i < at.size(); ++i) {
      source[static_cast<std::size_t>(order[i])] = at[i];
    }
    return flat_position(source, *in.dims);
  });
}

OnnxConstant fold_range(const Constants& operands) {
  if (operands.size() != 3 || std::ranges::any_of(operands, [](const OnnxConstant* operand) {
        return operand == nullptr || !operand->integers || operand->integers->size() != 1;
      })) {
    return unknown();
  }
  const std::int64_t first = operands[0]->integers->front();
  const std::int64_t last = operands[1]->integers->front();
  const std::int64_t step = operands[2]->integers->front();
  Integers values;
  const auto in_reach = [&](std::int64_t at) { return step > 0 ? at < last : at > last; };
  for (std::int64_t at = first; step != 0 && in_reach(at);) {
    values.push_back(at);
    if (static_cast<std::int64_t>(values.size()) > kMaxKnownValues || __builtin_add_overflow(at, step, &at)) {
      return unknown();
    }
  }
  return integer_list(std::move(values));
}

OnnxConstant fold_product(OnnxNode& node, const Constants& operands) {
  const OnnxConstant& in = *operands.front();
  const bool keeps = node.integer("keepdims", 1, 0, 1) != 0;
  if (!in.dims || in.dims->size() != 1 || !in.integers) {
    return unknown();
  }
  const bool product = node.proto().op_type() == "ReduceProd";
  std::int64_t total = product ? 1 : 0;
  for (const std::int64_t value : *in.integers) {
    if (product ? __builtin_mul_overflow(total, value, &total) : __builtin_add_overflow(total, value, &total)) {
      return unknown();
    }
  }
  return {.dims = keeps ? Integers{1} : Integers{}, .integers = Integers{total}};
}

OnnxConstant fold_expand(const OnnxConstant& in, const OnnxConstant& target) {
  if (!in.dims || !target.integers) {
    return unknown();
  }
  const std::optional<Integers> dims = broadcast(*in.dims, *target.integers);
  if (!dims || !element_count(*dims)) {
    return unknown();
  }
  return gathered(in, *dims,
                  [&](const Integers& at) { return source_position(flat_position(at, *dims), *dims, *in.dims); });
}

OnnxConstant fold_constant_of_shape(OnnxNode& node, const OnnxConstant& shape) {
  if (!shape.integers || !element_count(*shape.integers)) {
    return unknown();
  }
  OnnxConstant filled{.dims = Integers{}, .reals = std::vector<double>{0}};
  if (const onnx::AttributeProto* value = node.attribute("value"); value != nullptr && value->has_t()) {
    filled = constant_of(value->t());
    filled.dims = Integers{};
    if ((filled.integers && filled.integers->size() != 1) || (filled.reals && filled.reals->size() != 1)) {
      filled = {};
    }
  }
  return gathered(filled, *shape.integers, [](const Integers&) { return std::size_t{0}; });
}

/// The dimensions that a reshape of `in` to `target` gives; nullopt when they do not fit.
OnnxConstant fold_reshape(OnnxNode& node, const OnnxConstant& in, const std::optional<Integers>& target) {
  const bool zero_is_zero = node.integer("allowzero", 0, 0, 1) != 0;
  if (!in.dims || !target) {
    return unknown();
  }
  return reshaped(in, reshape_target(*in.dims, *target, zero_is_zero));
}

/// Values, if there are any, are as many as the dimensions say.
bool is_consistent(const OnnxConstant& constant) {
  constexpr std::int64_t kUnknown = -1;
  const std::int64_t count = constant.dims ? element_count(*constant.dims).value_or(kUnknown) : kUnknown;
  const auto fits = [&](const auto& values) { return !values || static_cast<std::int64_t>(values->size()) == count; };
  return fits(constant.integers) && fits(constant.reals);
}

OnnxConstant fold(OnnxNode& node, const Constants& operands) {
  const std::string& operation = node.proto().op_type();
  const auto present = [&](std::size_t index) { return index < operands.size() && operands[index] != nullptr; };
  if (operation == "Range") {
    return fold_range(operands);
  }
  if (!present(0)) {
    return unknown();
  }
  const OnnxConstant& in = *operands.front();
  if (operation == "Identity" || operation == "Dropout" || operation == "CastLike") {
    return in;
  }
  if (operation == "QuantizeLinear") {
    return {.dims = in.dims, .bits = bits_quantized_to(node, present(2) ? operands[2] : nullptr)};
  }
  if (operation == "DequantizeLinear") {
    return {.dims = in.dims, .bits = in.bits};
  }
  if (operation == "Cast") {
    return fold_cast(node, in);
  }
  if (operation == "Shape" && in.dims) {
    return shape_part(node, *in.dims);
  }
  if (operation == "Size" && in.dims) {
    const std::optional<std::int64_t> count = element_count(*in.dims);
    return count ? OnnxConstant{.integers = Integers{*count}} : unknown();
  }
  if (operation == "Gather" && present(1)) {
    return fold_gather(node, in, *operands[1]);
  }
  if (operation == "Concat") {
    return fold_concat(node, operands);
  }
  if (operation == "Slice") {
    return fold_slice(node, operands);
  }
  if (operation == "Reshape") {
    return fold_reshape(node, in, parameter(node, operands, 1, "shape"));
  }
  if (operation == "Squeeze" && in.dims) {
    return reshaped(in, squeezed(*in.dims, parameter(node, operands, 1, "axes")));
  }
  if (operation == "Unsqueeze" && in.dims) {
    return reshaped(in, unsqueezed(*in.dims, parameter(node, operands, 1, "axes")));
  }
  if (operation == "Transpose") {
    return fold_transpose(node, in);
  }
  if (operation == "ReduceProd" || operation == "ReduceSum") {
    return fold_product(node, operands);
  }
  if (operation == "Expand" && present(1)) {
    return fold_expand(in, *operands[1]);
  }
  if (operation == "ConstantOfShape") {
    return fold_constant_of_shape(node, in);
  }
  if (operation == "Where" && present(1) && present(2)) {
    return fold_where(in, *operands[1], *operands[2]);
  }
  if (operation == "Neg" || operation == "Abs" || operation == "Not" || unary_functions().contains(operation)) {
    return fold_unary(operation, in);
  }
  const auto binary = binary_functions().find(operation);
  if (binary != binary_functions().end() && operands.size() == 2 && present(1)) {
    return fold_pair(binary->second, in, *operands[1]);
  }
  return unknown();
}

}  // namespace

int bits_quantized_to(const OnnxNode& node, const OnnxConstant* zero_point) {
  if (zero_point != nullptr) {
    return zero_point->bits;
  }
  const onnx::AttributeProto* stated = node.attribute("output_dtype");
  // 0 is the attribute's default: none stated.
  return quantized_bits(stated != nullptr && stated->i() != 0 ? stated->i() : std::int64_t{onnx::TensorProto::UINT8});
}

OnnxConstant integer_list(Integers values) {
  const auto size = static_cast<std::int64_t>(values.size());
  return {.dims = Integers{size}, .integers = std::move(values)};
}

SlicedAxis sliced_axis(std::int64_t extent, std::int64_t start, std::int64_t end, std::int64_t step) {
  // Negative positions count from the end, and what lies beyond an edge is that edge.
  const auto position = [&](std::int64_t value, std::int64_t least, std::int64_t most) {
    return std::clamp(value < 0 ? std::max(value, -extent - 1) + extent : value, least, most);
  };
  if (step > 0) {
    const std::int64_t begin = position(start, 0, extent);
    const std::int64_t stop = position(end, 0, extent);
    return {begin, begin < stop ? (stop - begin + step - 1) / step : 0};
  }
  const std::int64_t begin = position(start, -1, extent - 1);
  const std::int64_t stop = position(end, -1, extent - 1);
  return {begin, begin > stop ? (begin - stop - step - 1) / -step : 0};
}

std::optional<Integers> reshape_target(const Integers& dims, const Integers& target, bool zero_is_zero) {
  Integers result = target;
  std::optional<std::size_t> inferred;
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (result[i] == 0 && !zero_is_zero && i < dims.size()) {
      result[i] = dims[i];
    }
    if (result[i] == -1) {
      if (inferred) {
        return std::nullopt;
      }
      inferred = i;
      result[i] = 1;
    }
  }
  const std::optional<std::int64_t> count = element_count(dims);
  const std::optional<std::int64_t> known = element_count(result);
  const bool fits = count && known && (inferred ? *known > 0 && *count % *known == 0 : *known == *count);
  if (!fits) {
    return std::nullopt;
  }
  if (inferred) {
    result[*inferred] = *count / *known;
  }
  return result;
}

OnnxConstant shape_part(OnnxNode& node, const Integers& dims) {
  const auto rank = static_cast<std::int64_t>(dims.size());
  constexpr std::int64_t kAny = std::numeric_limits<int>::max();
  const std::int64_t start = node.integer("start", 0, -kAny, kAny);
  const std::int64_t end = node.integer("end", rank, -kAny, kAny);
  const SlicedAxis part = sliced_axis(rank, start, end, 1);
  const auto first = dims.begin() + part.first;
  return integer_list({first, first + part.count});
}

std::vector<OnnxConstant> fold_constants(OnnxNode& node, const Constants& operands) {
  std::vector<OnnxConstant> results(static_cast<std::size_t>(node.proto().output_size()), unknown());
  if (!results.empty()) {
    results.front() = fold(node, operands);
    // What leaves every value as it is leaves it as wide.
    static const std::set<std::string_view> kRearranging{"Flatten", "Reshape", "Squeeze", "Transpose", "Unsqueeze"};
    if (kRearranging.contains(node.proto().op_type()) && !operands.empty() && operands.front() != nullptr) {
      results.front().bits = operands.front()->bits;
    }
    check_invariant(is_consistent(results.front()), "a folded constant has as many values as its dimensions say");
  }
  return results;
}

}  // namespace crossweave
