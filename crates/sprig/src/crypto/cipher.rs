//! AES-256 in CBC mode, with a password for a key.

use aes::Aes256;
use aes::cipher::{Block, BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use data_encoding::BASE64;
use hoist_govalue::{Args, FuncError, FuncResult, Host, Str, Value, check_string};

use super::draw;
use super::rng;
use crate::encoding::decode64;

const BLOCK: usize = 16;

/// The password's first 32 bytes, filled up with zeros.
fn cipher(password: &[u8]) -> Aes256 {
    let mut key = [0; 32];
    for (to, from) in key.iter_mut().zip(password) {
        *to = *from;
    }
    Aes256::new(&key.into())
}

pub(super) fn encrypt(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    let (password, text) = (args.str(0)?, args.str(1)?);
    if text.is_empty() {
        return Ok(Value::Str(Str::default()));
    }
    check_string("encryptAES", text.len().saturating_mul(2))?;
    draw::once(host, "encryptAES", args, draw::text, |host| {
        let cipher = cipher(password);
        let mut out = rng::bytes::<BLOCK>(host).to_vec();
        let padding = BLOCK - text.len() % BLOCK;
        let mut padded = text.to_vec();
        padded.extend(std::iter::repeat_n(padding as u8, padding));
        let mut last: [u8; BLOCK] = out.as_slice().try_into().unwrap_or_default();
        for chunk in padded.chunks_exact(BLOCK) {
            for (byte, plain) in last.iter_mut().zip(chunk) {
                *byte ^= plain;
            }
            let mut block = Block::<Aes256>::from(last);
            cipher.encrypt_block(&mut block);
            last = block.into();
            out.extend_from_slice(&last);
        }
        Ok(Value::str(BASE64.encode(&out)))
    })
}

pub(super) fn decrypt(args: Args<'_>) -> FuncResult {
    let (password, text) = (args.str(0)?, args.str(1)?);
    if text.is_empty() {
        return Ok(Value::Str(Str::default()));
    }
    let data = decode64(text).map_err(|at| FuncError::new(format!("illegal base64 data at input byte {at}")))?;
    let panic = |what: String| FuncError::new(format!("runtime error: {what}"));
    let Some((first, rest)) = data.split_at_checked(BLOCK) else {
        // Go's buffer is as long as the text allows, so a part that is too short can still be cut from it.
        let capacity = text.len() / 4 * 3;
        return Err(if capacity < BLOCK {
            panic(format!("slice bounds out of range [:{BLOCK}] with capacity {capacity}"))
        } else {
            panic(format!("slice bounds out of range [{BLOCK}:{}]", data.len()))
        });
    };
    if rest.len() % BLOCK != 0 {
        return Err(FuncError::new("crypto/cipher: input not full blocks"));
    }
    let cipher = cipher(password);
    let mut out = Vec::with_capacity(rest.len());
    let mut last = first;
    for chunk in rest.chunks_exact(BLOCK) {
        let bytes: [u8; BLOCK] = chunk.try_into().unwrap_or_default();
        let mut block = Block::<Aes256>::from(bytes);
        cipher.decrypt_block(&mut block);
        out.extend(block.iter().zip(last).map(|(byte, other)| byte ^ other));
        last = chunk;
    }
    let padding = usize::from(*out.last().ok_or_else(|| panic("index out of range [-1]".to_owned()))?);
    let length = out.len().checked_sub(padding).ok_or_else(|| {
        let below = padding - out.len();
        panic(format!("slice bounds out of range [:-{below}]"))
    })?;
    out.truncate(length);
    Ok(Value::str(out))
}
