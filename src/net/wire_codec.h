// SPDX-License-Identifier: Apache-2.0
// The definitions behind wire.h. Included by the one file of each folder that lists its messages (messages.cc), because
// what msgpack makes of a struct is expensive to compile:
//   MAILTREE_MESSAGE(FindLogin)
#pragma once

#include <exception>
#include <msgpack.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/wire.h"

// Error travels as a message too.
namespace msgpack {
MSGPACK_API_VERSION_NAMESPACE(MSGPACK_DEFAULT_API_NS) {
  namespace adaptor {
  template <>
  struct pack<mailtree::Error> {
    template <typename S>
    packer<S>& operator()(packer<S>& out, const mailtree::Error& error) const {
      out.pack_array(4);
      out.pack(static_cast<unsigned>(error.kind));
      out.pack(static_cast<unsigned>(error.condition));
      out.pack(error.reply);
      out.pack(error.detail);
      return out;
    }
  };
  template <>
  struct convert<mailtree::Error> {
    const msgpack::object& operator()(const msgpack::object& in, mailtree::Error& error) const {
      if (in.type != msgpack::type::ARRAY || in.via.array.size < 4) throw msgpack::type_error();
      const unsigned kind = in.via.array.ptr[0].as<unsigned>();
      const unsigned condition = in.via.array.ptr[1].as<unsigned>();
      error.kind = kind <= 3 ? static_cast<mailtree::Kind>(kind) : mailtree::Kind::temporary;
      error.condition = condition <= 20 ? static_cast<mailtree::Condition>(condition) : mailtree::Condition::none;
      in.via.array.ptr[2].convert(error.reply);
      in.via.array.ptr[3].convert(error.detail);
      return in;
    }
  };
  }  // namespace adaptor
}
}  // namespace msgpack

namespace mailtree::net {

template <typename T>
std::string encode(const T& message) {
  msgpack::sbuffer buffer;
  msgpack::pack(buffer, message);
  return {buffer.data(), buffer.size()};
}

// Fills `message`; false with the reason in `failure` when the octets are not such a message.
template <typename T>
bool decode_into(std::string_view octets, T& message, std::string& failure) {
  try {
    const std::size_t most = octets.size();
    const msgpack::unpack_limit limit(most, most, most, most, most, 16);
    const msgpack::object_handle handle = msgpack::unpack(octets.data(), octets.size(), nullptr, nullptr, limit);
    handle.get().convert(message);
    return true;
  } catch (const std::exception& reason) {
    failure = reason.what();
    return false;
  }
}

}  // namespace mailtree::net

// At namespace scope of mailtree::net: encode() and decode() for one struct.
#define MAILTREE_MESSAGE(T)                 \
  template std::string encode<T>(const T&); \
  template bool decode_into<T>(std::string_view, T&, std::string&)
