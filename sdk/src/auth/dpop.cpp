// SPDX-License-Identifier: Apache-2.0
// The checks of RFC 9449, section 4.3, in an order in which only the holder of the key costs us memory.
#include "auth/dpop.hpp"

#include "auth/claims.hpp"
#include "auth/jose.hpp"
#include "base/base64.hpp"

#include <cstring>
#include <utility>

namespace sumun::auth {
namespace {

Error refuse(std::string why) { return fail(ErrorCode::unauthorized, std::move(why)); }

std::string_view without_query(std::string_view uri) { return uri.substr(0, uri.find_first_of("?#")); }

// The URI that the sender meant: this request's, as seen at the resource's public address. Behind a proxy that cuts the
// path the request's own differs from it, then it is the resource itself.
bool is_this_uri(std::string_view htu, std::string_view target, const Resource& resource) {
  const auto said = canonical_uri(without_query(htu));
  if (!said) return false;
  const auto ours = canonical_uri(resource.origin() + std::string(without_query(target)));
  return *said == resource.uri() || (ours && *said == *ours);
}

}  // namespace

std::size_t ProofMemory::Hash::operator()(const Digest& digest) const {
  std::size_t value;
  std::memcpy(&value, digest.data(), sizeof value);
  return value;
}

std::size_t ProofMemory::Generation::count_of(const std::string& key) const {
  const auto found = of_key.find(key);
  return found == of_key.end() ? 0 : found->second;
}

ProofMemory::Taken ProofMemory::take(const Digest& proof, const std::string& key, std::chrono::sys_seconds now) {
  const std::lock_guard lock(mutex_);
  if (now >= turned_ + life_) {
    if (now >= turned_ + 2 * life_) young_ = Generation();
    old_ = std::exchange(young_, Generation());
    turned_ = now;
  }
  if (old_.proofs.contains(proof) || young_.proofs.contains(proof)) return Taken::again;
  if (old_.count_of(key) + young_.count_of(key) >= most_of_key_) return Taken::key_is_full;
  if (old_.proofs.size() + young_.proofs.size() >= most_) return Taken::full;
  young_.proofs.insert(proof);
  ++young_.of_key[key];
  return Taken::fresh;
}

Result<void> check_proof(const ProofRequest& request, const Resource& resource, std::chrono::seconds skew,
                         ProofMemory& memory) {
  if (request.proof.empty()) return refuse("the DPoP proof is missing");
  if (request.proof.size() > kMaxProofBytes) return refuse("the DPoP proof is too long");
  const auto jws = read_jws(request.proof);
  if (!jws) return refuse("the DPoP proof is no JWT that is accepted");
  const std::string* type = string_member(jws->header, "typ");
  if (type == nullptr || *type != "dpop+jwt") return refuse("the DPoP proof is of another type");
  const auto jwk = jws->header.find("jwk");
  if (jwk == jws->header.end()) return refuse("the DPoP proof has no key");
  const auto key = PublicKey::from_jwk(*jwk);
  if (!key) return refuse("the key of the DPoP proof is not accepted");
  if (key->thumbprint() != request.bound_to) return refuse("the token is bound to another key");

  const std::string* method = string_member(jws->payload, "htm");
  const std::string* uri = string_member(jws->payload, "htu");
  const std::string* id = string_member(jws->payload, "jti");
  const std::string* hash = string_member(jws->payload, "ath");
  const auto made = date_member(jws->payload, "iat");
  if (method == nullptr || *method != request.method) return refuse("the DPoP proof is for another method");
  if (uri == nullptr || !is_this_uri(*uri, request.target, resource)) return refuse("the DPoP proof is for another URI");
  if (!made || !*made) return refuse("the DPoP proof does not say when it was made");
  if (**made > request.now + skew || **made + kProofLife + skew < request.now)
    return refuse("the DPoP proof is too old, or of the future");
  if (id == nullptr || id->empty()) return refuse("the DPoP proof has no jti");
  const Digest token = sha256(request.token);
  if (hash == nullptr ||
      *hash != base64url_encode(std::string_view(reinterpret_cast<const char*>(token.data()), token.size())))
    return refuse("the DPoP proof is for another token");
  if (!key->verify(*jws)) return refuse("the signature of the DPoP proof is wrong");

  switch (memory.take(sha256(key->thumbprint() + *id), key->thumbprint(), request.now)) {
    case ProofMemory::Taken::fresh: break;
    case ProofMemory::Taken::again: return refuse("the DPoP proof was used before");
    case ProofMemory::Taken::full: return fail(ErrorCode::busy, "too many DPoP proofs came; no more can be remembered now");
    case ProofMemory::Taken::key_is_full: return fail(ErrorCode::busy, "too many DPoP proofs by this key came");
  }
  return {};
}

}  // namespace sumun::auth
