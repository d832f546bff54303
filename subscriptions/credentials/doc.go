// Package credentials makes and checks what an editor proves to be themselves
// with: hashes of passwords (argon2id, RFC 9106) and one-time codes (TOTP, RFC
// 6238), with the picture that carries their secret to a telephone. What is a good
// password, how often one may be tried and what a code is good for, package
// subscriptions decides; nothing is kept here.
package credentials
