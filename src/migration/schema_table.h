// SPDX-License-Identifier: Apache-2.0
// What a directory knows (RFC 4512 section 4.1): enough of it to foresee which entries and values it would refuse.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mailtree::migration {

// Syntaxes (RFC 4517) with rules of their own; any octets are fine for all others.
enum class Form : unsigned char {
  octets,
  text,
  ia5,
  dn,
  name_and_uid,
  integer,
  numeric,
  boolean,
  printable,
  telephone,
  time
};

struct AttributeKind {
  std::string name;  // as the schema writes it
  std::string superior;
  Form form = Form::octets;
  bool single_valued = false;
  bool operational = false;  // the server's own: a client may not write it
  bool ignores_case = false;
};

enum class ClassSort : unsigned char { abstract, structural, auxiliary };

struct ClassKind {
  std::string name;
  ClassSort sort = ClassSort::structural;
  std::vector<std::string> superiors;  // lower case
  std::vector<std::string> must, may;  // of its own, as written
};

using Classes = std::vector<const ClassKind*>;
using Attributes = std::set<const AttributeKind*>;

// Pointers that are returned live as long as the table.
class SchemaTable {
 public:
  SchemaTable(SchemaTable&&) = default;  // what the maps point to moves along; a copy would point to the original
  SchemaTable& operator=(SchemaTable&&) = default;
  SchemaTable(const SchemaTable&) = delete;
  SchemaTable& operator=(const SchemaTable&) = delete;
  ~SchemaTable() = default;

  // The schema of schema/README.md, with groupOfUniqueNames as OpenLDAP ships it.
  static SchemaTable published();
  // Of definitions as a subschema entry has them. The first that cannot be read is the error.
  static Result<SchemaTable> of(const std::vector<std::string>& attributes, const std::vector<std::string>& classes);

  // By name, other name or OID, in any case; nullptr if it is unknown.
  [[nodiscard]] const AttributeKind* attribute(std::string_view name) const;
  [[nodiscard]] const ClassKind* object_class(std::string_view name) const;

  // `kind` and all above it.
  [[nodiscard]] Classes with_superiors(const ClassKind& kind) const;
  [[nodiscard]] bool is_below(const ClassKind& kind, const ClassKind& superior) const;
  [[nodiscard]] Attributes demanded(const Classes& classes) const;
  [[nodiscard]] bool allows(const Classes& classes, const AttributeKind& attribute) const;

 private:
  SchemaTable() = default;
  Result<void> add_attribute(const std::string& definition);
  Result<void> add_class(const std::string& definition);
  void inherit(AttributeKind& kind, int depth);
  void collect(const ClassKind& kind, Classes& found) const;

  std::deque<AttributeKind> attributes_;
  std::deque<ClassKind> classes_;
  std::map<std::string, AttributeKind*, std::less<>> attribute_names_;  // lower case
  std::map<std::string, const ClassKind*, std::less<>> class_names_;
  std::set<const AttributeKind*> without_syntax_;
};

}  // namespace mailtree::migration
