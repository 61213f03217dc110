/*
 * key_texts: keys in the forms that the tests of the loaders read, made for them by the command
 * that stands above each (OpenSSL 3.0, OpenSSH 9.2) and used nowhere else.
 */
#ifndef PJF_TESTS_KEY_TEXTS_H
#define PJF_TESTS_KEY_TEXTS_H

/* openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 */
#define RSA_PRIVATE                                                      \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBAL4F7E2eNHdC+lSt\n" \
    "yOFiV6GTouA76p6OgNEJUzO3/jBrvhli/tSV2I9AjjsON+krUSOQomFT136xhiaa\n" \
    "EFnXDo3fiTRyit7SRoamy2WExA84/MZTTHZLIedJ44KUbb7Hmq9JKXR1F6WpII9R\n" \
    "DVw4Whl8kifmceobr0nL/b3VMJ2RAgMBAAECgYEAlMK6TcFuvXb31tb+DkQY6mtT\n" \
    "9Uuyz1IsUnmEY1bFbk7K0cEIUpDEqtEVB/KHnsjEip0uIheq+oorxYiTCGIuB1VF\n" \
    "eZTwOObs97gk45HMEMwM5hgVt/fl6AIjvy0pN4W3ioE8LxAFKvsBPXFm//A+a2pN\n" \
    "03DrY+jD3wAY3grQtmkCQQDrioSweJEJWQeDkGbG573JGnTzajKUcCBpVKysXFTF\n" \
    "Xdj3EsYb1969hIW9Tnw3K9IGje5y6Klq6sWcMunwNwQXAkEAzodE/z7up/Tl6MdG\n" \
    "reU/JPNhvuh2Hwdwoq/wwaK4SDKOr2HLRxh2or1Bo0qMlMNxKTqxY6elSA43Bs7M\n" \
    "fcjslwJALeVFyaUUjb+9SROAE03gmyj+lNeil23pwtxu8P7kvbh1qF8OHyrHCiKi\n" \
    "dKqwZYeyWviY9+cB7AVnD/KTxuzRbQJBALBm16cQcLYitlFKDHOxkGqWO1Hdqi68\n" \
    "oxdCIeiyfKamEDt60y7plUNRVYQMw+C4wqoNiMBuy/ysr5FwBzgU6wcCQQDPIZG+\n" \
    "xaIgp+SEw3JN8qN0+RhFaDUXkHtK6eizM8obXYy572VyrEVeTQmLhXynCRPdJKBZ\n" \
    "W1bLFjwpXTTrpgmB\n"                                                 \
    "-----END PRIVATE KEY-----\n"

/* openssl pkey -pubout */
#define RSA_PUBLIC                                                       \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC+BexNnjR3QvpUrcjhYlehk6Lg\n" \
    "O+qejoDRCVMzt/4wa74ZYv7UldiPQI47DjfpK1EjkKJhU9d+sYYmmhBZ1w6N34k0\n" \
    "core0kaGpstlhMQPOPzGU0x2SyHnSeOClG2+x5qvSSl0dRelqSCPUQ1cOFoZfJIn\n" \
    "5nHqG69Jy/291TCdkQIDAQAB\n"                                         \
    "-----END PUBLIC KEY-----\n"

/* openssl rsa -traditional */
#define RSA_PKCS1_PRIVATE                                                \
    "-----BEGIN RSA PRIVATE KEY-----\n"                                  \
    "MIICXgIBAAKBgQC+BexNnjR3QvpUrcjhYlehk6LgO+qejoDRCVMzt/4wa74ZYv7U\n" \
    "ldiPQI47DjfpK1EjkKJhU9d+sYYmmhBZ1w6N34k0core0kaGpstlhMQPOPzGU0x2\n" \
    "SyHnSeOClG2+x5qvSSl0dRelqSCPUQ1cOFoZfJIn5nHqG69Jy/291TCdkQIDAQAB\n" \
    "AoGBAJTCuk3Bbr1299bW/g5EGOprU/VLss9SLFJ5hGNWxW5OytHBCFKQxKrRFQfy\n" \
    "h57IxIqdLiIXqvqKK8WIkwhiLgdVRXmU8Djm7Pe4JOORzBDMDOYYFbf35egCI78t\n" \
    "KTeFt4qBPC8QBSr7AT1xZv/wPmtqTdNw62Pow98AGN4K0LZpAkEA64qEsHiRCVkH\n" \
    "g5Bmxue9yRp082oylHAgaVSsrFxUxV3Y9xLGG9fevYSFvU58NyvSBo3ucuipaurF\n" \
    "nDLp8DcEFwJBAM6HRP8+7qf05ejHRq3lPyTzYb7odh8HcKKv8MGiuEgyjq9hy0cY\n" \
    "dqK9QaNKjJTDcSk6sWOnpUgONwbOzH3I7JcCQC3lRcmlFI2/vUkTgBNN4Jso/pTX\n" \
    "opdt6cLcbvD+5L24dahfDh8qxwoionSqsGWHslr4mPfnAewFZw/yk8bs0W0CQQCw\n" \
    "ZtenEHC2IrZRSgxzsZBqljtR3aouvKMXQiHosnymphA7etMu6ZVDUVWEDMPguMKq\n" \
    "DYjAbsv8rK+RcAc4FOsHAkEAzyGRvsWiIKfkhMNyTfKjdPkYRWg1F5B7SunoszPK\n" \
    "G12Mue9lcqxFXk0Ji4V8pwkT3SSgWVtWyxY8KV0066YJgQ==\n"                 \
    "-----END RSA PRIVATE KEY-----\n"

/* openssl rsa -RSAPublicKey_out */
#define RSA_PKCS1_PUBLIC                                                 \
    "-----BEGIN RSA PUBLIC KEY-----\n"                                   \
    "MIGJAoGBAL4F7E2eNHdC+lStyOFiV6GTouA76p6OgNEJUzO3/jBrvhli/tSV2I9A\n" \
    "jjsON+krUSOQomFT136xhiaaEFnXDo3fiTRyit7SRoamy2WExA84/MZTTHZLIedJ\n" \
    "44KUbb7Hmq9JKXR1F6WpII9RDVw4Whl8kifmceobr0nL/b3VMJ2RAgMBAAE=\n"     \
    "-----END RSA PUBLIC KEY-----\n"

/* openssl req -x509 -subj /CN=x */
#define RSA_CERTIFICATE                                                  \
    "-----BEGIN CERTIFICATE-----\n"                                      \
    "MIIB9DCCAV2gAwIBAgIUEv23rzZ1bXLrKhkggFUqJpb1wOAwDQYJKoZIhvcNAQEL\n" \
    "BQAwDDEKMAgGA1UEAwwBeDAeFw0yNjExMjQwMjQ0NDBaFw0zNjExMjEwMjQ0NDBa\n" \
    "MAwxCjAIBgNVBAMMAXgwgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGBAL4F7E2e\n" \
    "NHdC+lStyOFiV6GTouA76p6OgNEJUzO3/jBrvhli/tSV2I9AjjsON+krUSOQomFT\n" \
    "136xhiaaEFnXDo3fiTRyit7SRoamy2WExA84/MZTTHZLIedJ44KUbb7Hmq9JKXR1\n" \
    "F6WpII9RDVw4Whl8kifmceobr0nL/b3VMJ2RAgMBAAGjUzBRMB0GA1UdDgQWBBQQ\n" \
    "yMgfyVJah7SMUkDllUUjugUmGzAfBgNVHSMEGDAWgBQQyMgfyVJah7SMUkDllUUj\n" \
    "ugUmGzAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA4GBACtbn6NsgseK\n" \
    "a19CslHx//qx1DYaGJ2kHe0IN8WJ94DcBeR5U8oP2jbysqQjYD+v5j9KJJF+XCng\n" \
    "4zDitrHvdEwmaqYnzJYjBcs2c/eshfr4QUXCgIPW5NM+DmjQMt0vBIilLHEYoxEp\n" \
    "7vbePRC90Jgtg3CtagYyiKXurQKU09v3\n"                                 \
    "-----END CERTIFICATE-----\n"

/* openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1; -pubout */
#define P256_PRIVATE                                                     \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgM0AIGpGkM963MbEn\n" \
    "B2vQH2NeR/xeLiMynZe0mXVzcPmhRANCAAQRT+nPGicm2IovhRuMBSJNVgZrX2mO\n" \
    "K6AUQO7HA34yE95vSNKUxj8MzLKhBlEjRTX1DL9rirqlxsPIMjt6JkXR\n"         \
    "-----END PRIVATE KEY-----\n"
#define P256_PUBLIC                                                      \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEU/pzxonJtiKL4UbjAUiTVYGa19p\n" \
    "jiugFEDuxwN+MhPeb0jSlMY/DMyyoQZRI0U19Qy/a4q6pcbDyDI7eiZF0Q==\n"     \
    "-----END PUBLIC KEY-----\n"

/* openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp384r1; -pubout */
#define P384_PRIVATE                                                     \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCo6RHjXgxOI7G8eG9X\n" \
    "wy4OpvEo6ZL3GS2YWPVDSbYuZljOA/nkWBBZ2IddmbtHPPmhZANiAATSNjQGjVHU\n" \
    "xPliw8DB87AfRe8iJXcNgul1fhyTSXkfjX4nBp0yv3D2x53pZyFUkmhNvV52xidA\n" \
    "OuAZVHqlhZNscX4TG7ktM6zdbE/65hPB65YTQImWv3mUKlquNOqsI80=\n"         \
    "-----END PRIVATE KEY-----\n"
#define P384_PUBLIC                                                      \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE0jY0Bo1R1MT5YsPAwfOwH0XvIiV3DYLp\n" \
    "dX4ck0l5H41+JwadMr9w9sed6WchVJJoTb1edsYnQDrgGVR6pYWTbHF+Exu5LTOs\n" \
    "3WxP+uYTweuWE0CJlr95lCparjTqrCPN\n"                                 \
    "-----END PUBLIC KEY-----\n"

/* openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp521r1; -pubout */
#define P521_PRIVATE                                                     \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIBCr777pdZ4YuIoHGq\n" \
    "7jLhv+8ZTzrlYpx7x9NcSBItncfj7UWPHJ1zCLB+PkJ9ZYUX+0xa2LNgGKqa09s4\n" \
    "Qt9AJMahgYkDgYYABAEFIHT8A0Jmnv+KDgAOjguz/To6kZTyrn7W8yC/oYXHFgSl\n" \
    "0OkirOXeoNEw2PPMUgC0nQCmVjW7g2pJF/RybFDhawDyH2zh5pKKEj2tYtlRxV5z\n" \
    "KhJod22/okO+4fDV1fwE5wCH1ET4sCYgitzVyA0SKsMClwoR+6x2vrTKhp6d+n67\n" \
    "Iw==\n"                                                             \
    "-----END PRIVATE KEY-----\n"
#define P521_PUBLIC                                                      \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQBBSB0/ANCZp7/ig4ADo4Ls/06OpGU\n" \
    "8q5+1vMgv6GFxxYEpdDpIqzl3qDRMNjzzFIAtJ0AplY1u4NqSRf0cmxQ4WsA8h9s\n" \
    "4eaSihI9rWLZUcVecyoSaHdtv6JDvuHw1dX8BOcAh9RE+LAmIIrc1cgNEirDApcK\n" \
    "Efusdr60yoaenfp+uyM=\n"                                             \
    "-----END PUBLIC KEY-----\n"

/* openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1; -pubout */
#define SECP256K1_PRIVATE                                                \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgtEWtnD3ghojAMY2f+tl3\n" \
    "1quBkjpacmEgCsULbT2UwnihRANCAARRI2LZDJtWcwVfTpSrLkj7a9fI/BzW9ElD\n" \
    "gmt7lN/HEw4xIwWRlgM383rVa9DMMRtdap09+x11uZnQyi7esS4W\n"             \
    "-----END PRIVATE KEY-----\n"
#define SECP256K1_PUBLIC                                                 \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEUSNi2QybVnMFX06Uqy5I+2vXyPwc1vRJ\n" \
    "Q4Jre5TfxxMOMSMFkZYDN/N61WvQzDEbXWqdPfsddbmZ0Mou3rEuFg==\n"         \
    "-----END PUBLIC KEY-----\n"

/* openssl ec */
#define P256_SEC1                                                        \
    "-----BEGIN EC PRIVATE KEY-----\n"                                   \
    "MHcCAQEEIDNACBqRpDPetzGxJwdr0B9jXkf8Xi4jMp2XtJl1c3D5oAoGCCqGSM49\n" \
    "AwEHoUQDQgAEEU/pzxonJtiKL4UbjAUiTVYGa19pjiugFEDuxwN+MhPeb0jSlMY/\n" \
    "DMyyoQZRI0U19Qy/a4q6pcbDyDI7eiZF0Q==\n"                             \
    "-----END EC PRIVATE KEY-----\n"

/* openssl ec -no_public */
#define P256_SEC1_NO_PUBLIC                                              \
    "-----BEGIN EC PRIVATE KEY-----\n"                                   \
    "MDECAQEEIDNACBqRpDPetzGxJwdr0B9jXkf8Xi4jMp2XtJl1c3D5oAoGCCqGSM49\n" \
    "AwEH\n"                                                             \
    "-----END EC PRIVATE KEY-----\n"

/* openssl ecparam -name prime256v1, secp384r1 */
#define P256_PARAMETERS               \
    "-----BEGIN EC PARAMETERS-----\n" \
    "BggqhkjOPQMBBw==\n"              \
    "-----END EC PARAMETERS-----\n"
#define P384_PARAMETERS               \
    "-----BEGIN EC PARAMETERS-----\n" \
    "BgUrgQQAIg==\n"                  \
    "-----END EC PARAMETERS-----\n"

/* openssl ec -pubout -conv_form compressed, hybrid */
#define P256_COMPRESSED                                                  \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgADEU/pzxonJtiKL4UbjAUiTVYGa19p\n" \
    "jiugFEDuxwN+MhM=\n"                                                 \
    "-----END PUBLIC KEY-----\n"
#define P256_HYBRID                                                      \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAHEU/pzxonJtiKL4UbjAUiTVYGa19p\n" \
    "jiugFEDuxwN+MhPeb0jSlMY/DMyyoQZRI0U19Qy/a4q6pcbDyDI7eiZF0Q==\n"     \
    "-----END PUBLIC KEY-----\n"

/* openssl req -x509 -subj /CN=x */
#define P256_CERTIFICATE                                                 \
    "-----BEGIN CERTIFICATE-----\n"                                      \
    "MIIBbTCCAROgAwIBAgIUG5njD7PCc70Kvm18u/lsEmjsF4MwCgYIKoZIzj0EAwIw\n" \
    "DDEKMAgGA1UEAwwBeDAeFw0yNjExMjQwMjQ0NDBaFw0zNjExMjEwMjQ0NDBaMAwx\n" \
    "CjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQRT+nPGicm2Iov\n" \
    "hRuMBSJNVgZrX2mOK6AUQO7HA34yE95vSNKUxj8MzLKhBlEjRTX1DL9rirqlxsPI\n" \
    "Mjt6JkXRo1MwUTAdBgNVHQ4EFgQUYalxugrSlMpbeGubK1emmE0Joy8wHwYDVR0j\n" \
    "BBgwFoAUYalxugrSlMpbeGubK1emmE0Joy8wDwYDVR0TAQH/BAUwAwEB/zAKBggq\n" \
    "hkjOPQQDAgNIADBFAiEA2tnlt5NtNph+inzAgVvIXeaE78yl9Fq72Lw19dSV1voC\n" \
    "IF3869gKXlAANaptXzLgmrQlZNNaetgYCVAMtsRf3b0U\n"                     \
    "-----END CERTIFICATE-----\n"

/* openssl genpkey -algorithm ed25519; -pubout */
#define ED25519_PRIVATE                                                  \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MC4CAQAwBQYDK2VwBCIEIIXRe5WvdWNTcCqKyNW49nPBeKSEaRFguFRHebdtE016\n" \
    "-----END PRIVATE KEY-----\n"
#define ED25519_PUBLIC                                               \
    "-----BEGIN PUBLIC KEY-----\n"                                   \
    "MCowBQYDK2VwAyEAlvDw9wGfHB6TxCCFQdmb58sULVCVxCrcyg2ooEq/HcM=\n" \
    "-----END PUBLIC KEY-----\n"

/* openssl genpkey -algorithm ed448; -pubout */
#define ED448_PRIVATE                                                    \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MEcCAQAwBQYDK2VxBDsEOdX1dK6bqb7+dXIMFViovdoDyd3rSBJvrZPxyKulvAsO\n" \
    "d2D1/xE2sBZjA0KcDvBMa3uIpC3y/HEHiQ==\n"                             \
    "-----END PRIVATE KEY-----\n"
#define ED448_PUBLIC                                                     \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MEMwBQYDK2VxAzoAK6uGZoyHCrd4is5n05us5I0Ox0a8cSf8J0LWfqNeaBSpCAgq\n" \
    "uCyJYiV1z1V7doi0BjVOF5hV3nuA\n"                                     \
    "-----END PUBLIC KEY-----\n"

/* RFC 8410 §10.3: version 2, with attributes and the public key; §10.1 */
#define ED25519_V2_PRIVATE                                               \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n" \
    "oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n" \
    "Z9w7lshQhqowtrbLDFw4rXAxZuE=\n"                                     \
    "-----END PRIVATE KEY-----\n"
#define ED25519_V2_PUBLIC                                            \
    "-----BEGIN PUBLIC KEY-----\n"                                   \
    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n" \
    "-----END PUBLIC KEY-----\n"

/* openssl genpkey -algorithm RSA-PSS, restricted to SHA-256; -pubout; and not restricted */
#define PSS_PRIVATE                                                      \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIICqwIBADBBBgkqhkiG9w0BAQowNKAPMA0GCWCGSAFlAwQCAQUAoRwwGgYJKoZI\n" \
    "hvcNAQEIMA0GCWCGSAFlAwQCAQUAogMCASAEggJhMIICXQIBAAKBgQDcoJkO+SIn\n" \
    "D8CTT+76SjFNL3gS8AY84IDQSIhguFxeGGUHyI5VN4Us6/aX7QsK38cY4jJ/D1X4\n" \
    "YwT6HWfBVmJEuiOkXQLU88+GZS/syjBSlWHJfad2YgDYXxb4An7xzzrOdLge6Dq4\n" \
    "bnT99Qn4p7wjXLdKtqsLkK73h2vItiH0JQIDAQABAoGASM2N9Eztoiomh/XmjB0T\n" \
    "a77wRn+B73C90P0+U3xCrqIqJIlfvmsVvR8YPkXwUORLFMD/nMH4woAaUlaFuFzD\n" \
    "DAHT2v1KxQ74jS3mPajCqJ2spMd/1+RgRJw5YvE7V7ROtTiAGgL6x/8Y0mB28JKL\n" \
    "5mk6YXvoJ6ITKc3KeoJctwECQQD2p9T8QnOHLNOI0F9zJy2ceEkqlfAeou/SnYSp\n" \
    "rDhvLhlKiV6xVF4CGGf2riXgIToo+Vv1QEHO69GFdQKdJnphAkEA5PxVRXTyfEQL\n" \
    "Hd2gt9cB+fZsLNlr4umCaHbnTQF+yH/ww79+t04D8G+ac/YmVelDuQYiMsc+x9xv\n" \
    "XaeZslX4RQJAfetGRxXhhqOyxgiigdYBafzaVVxAPlOuHRZ/MGOUV+Xv0WZ5qgvJ\n" \
    "BkbRZFSZT2eHGn3anUSVk/49c2U91V5cYQJBALJSo6FUgqYtYy7d8pRYV0yvD+0Z\n" \
    "YMA0Mv9hYZ2BhZdksz3tuiPMGJs8fl7CGXacEsZbNXSv339LdlrL85CDDLUCQQCC\n" \
    "6NFKJzGLiqMFM+dshYc5SKtU4qlPNIKh3TSdY14JETSkN1CQtZyqWW0tJQHtTmv+\n" \
    "8zpW4a6OxftMvsGE2Xu9\n"                                             \
    "-----END PRIVATE KEY-----\n"
#define PSS_PUBLIC                                                       \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MIHTMEEGCSqGSIb3DQEBCjA0oA8wDQYJYIZIAWUDBAIBBQChHDAaBgkqhkiG9w0B\n" \
    "AQgwDQYJYIZIAWUDBAIBBQCiAwIBIAOBjQAwgYkCgYEA3KCZDvkiJw/Ak0/u+kox\n" \
    "TS94EvAGPOCA0EiIYLhcXhhlB8iOVTeFLOv2l+0LCt/HGOIyfw9V+GME+h1nwVZi\n" \
    "RLojpF0C1PPPhmUv7MowUpVhyX2ndmIA2F8W+AJ+8c86znS4Hug6uG50/fUJ+Ke8\n" \
    "I1y3SrarC5Cu94dryLYh9CUCAwEAAQ==\n"                                 \
    "-----END PUBLIC KEY-----\n"
#define PSS_ANY_PRIVATE                                                  \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIICdwIBADALBgkqhkiG9w0BAQoEggJjMIICXwIBAAKBgQDm6OuLm9lkiThZdHbQ\n" \
    "lARGNwRTDG71ULwSbYsPZD3tdIq0NEzx5QQedXlJUyCdorcBzle13Wny5mvgc93/\n" \
    "pkRf941xIUqKyEPO9HQwoGnSImggW2un9smkn1l7H+sBn3BDCze4baphabkCNVbO\n" \
    "vFBxswbrZ62F4QK6jK60pJyDvwIDAQABAoGBAIaCzpvQGM5xBQtPRdtxLiA88l7y\n" \
    "kjyDYFuXxncb3NtTlW0uPlh3IXQg2Jt3Oju5ysPZkMyXg52Ezvi8ZmkDUTY+5DgR\n" \
    "IV3ghnIW2BOSFY1ChKCiSFwFobLQPlLAt36tF3Aj1QqK9w/4O41Dc4Gpr1ia2h0V\n" \
    "U6pe7EItoqUW9I+hAkEA+S5qtwmIi1u1WyohYW6MowUVRGsUFZmMzuM6ROXUVu63\n" \
    "xxtClLErydBERz1s8ugsykk3w3S0vszseI9LQDOQsQJBAO06gbBIzqwp9w5m0S8+\n" \
    "HgxMnmY1fVQoSppcM7t+2PaFwqHocvo+HeKDMFkMZi8xEREXLon25x/D3oxctaGG\n" \
    "928CQQDvtsa0tTglkKEkRaB9QcOL5Iz0F+rnaKN8OD7LHyqqQtaLdd8Uemi8ql21\n" \
    "BxOzjsXgCJXbs39Z+nwW8wsahUDRAkEA3uXcOVEPr8B2fDerUWJiRVgwdQTJT6vT\n" \
    "/RmpGgDjxy6DZDHO5sY6ujxdzy3RTYIi8RYBCmzNWZFmqCfsGWuBTQJBAOVmXolH\n" \
    "hsp33ZmwoC/EW+CCV+GanKME8B1RXyF2RLvHutcQ6cXzabvDK0GgBdv2nQsewTMD\n" \
    "7pqBMHv/XJAZU6c=\n"                                                 \
    "-----END PRIVATE KEY-----\n"

/* openssl pkcs8 -topk8 -passout pass:secret, all of P256_PRIVATE */
#define ENCRYPTED_AES256                                                 \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                            \
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAj3Kb6rlRRCJgICCAAw\n" \
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEL195p/hunY5LFUbGKej9psEgZAF\n" \
    "hmb6EQpxweGtQbi/uMe/A0KK/aGodQ2QxLq9YibvtjD50mjUTRW0mkykyh/741GW\n" \
    "ywYlfkanKa67OnLPQLqWOn6M7JrLdssn5XLidwzD5QyRGFYQtCTqE4CpoovxytXZ\n" \
    "WxD9ywTOGveaF+r4a55ZY2jOZu59+NFcU6WPofXfP8Zq2yUw9mJK9I19vUkQ0Z4=\n" \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

/* -scrypt */
#define ENCRYPTED_SCRYPT                                                 \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                            \
    "MIHkME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAilsfhf8Wt6KQICQAAC\n" \
    "AQgCAQEwHQYJYIZIAWUDBAEqBBDjkE1hNd1LoX4eWwz0C8h6BIGQ5rB0yW5bSmEF\n" \
    "Ajn6P1wJoqKlKCd1pNSgONnWXAlaX0EUjbGhwjXtH0bsjccZPsCDhyhm8hAHyHSE\n" \
    "TuZ+wZ4eHMMg2RnZ7aT5BAduh0xi3rehRcujXfu4EoAQVSBc4q0nhoVONiTD5RbK\n" \
    "Y4qAGJGXMgtxjClBGDhWuQnYMLOvHf8FPnpryg4wseVkbn3MDB0U\n"             \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

/* -v2 des3 -v2prf hmacWithSHA1 */
#define ENCRYPTED_DES3_SHA1                                              \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                            \
    "MIHVMEAGCSqGSIb3DQEFDTAzMBsGCSqGSIb3DQEFDDAOBAhFRgSRZHohBgICCAAw\n" \
    "FAYIKoZIhvcNAwcECGaYpe+mL5vVBIGQnskng4SrUv8HhAhvF2dS8TGmH9GYnBiH\n" \
    "j7c2jXQ57L5Jl2MAuJOBtEjl7nqUAb2hxc//W0ChB6aXk9TND8PffgpG3tMopnew\n" \
    "bO9W/5KKFQbLeBw3RkEzI9/15XBcVSg++svb6CZvXF7jfoRS9Lt63U+4CM4PlQce\n" \
    "t4MA4mumM1c6cyd/ar2r3OigAE5ns12W\n"                                 \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

/* -v2 aes-128-cbc -v2prf hmacWithSHA512 -iter 1000 */
#define ENCRYPTED_AES128_SHA512                                          \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                            \
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhUyJMGI/scjQICA+gw\n" \
    "DAYIKoZIhvcNAgsFADAdBglghkgBZQMEAQIEEJiH8CoIFPQtvMpE8ysGGPAEgZCC\n" \
    "KidNmk8TDLHpjCkyoWSOKUW2DmOBe0UQRWxiGsV1L0aO8iP4SlXwm/inEC9nqfab\n" \
    "vvCtjCNSGfsUQW7TcJs5XSzKb+f4mtGvs+73/PRLCsLZLc+VqrFxiIpEKJrFEyw+\n" \
    "UfJwJbLsu6fC20h3fptnqQZOr1ZmE4bnPeumVP27ptXXxDv+mZYnHluqmz4gdac=\n" \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

/* -v1 PBE-SHA1-3DES */
#define ENCRYPTED_PKCS12                                                 \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                            \
    "MIGxMBwGCiqGSIb3DQEMAQMwDgQI1Bc8tRGfyqkCAggABIGQTkeq8nbzQZpdW7ax\n" \
    "HIIK9TPDkNyEEkfbtZ0qbPtaWQSDAafeSoJBujPoTJRyoUw4Xsf1Og2upJqvbCcG\n" \
    "VzaBmzh3tY2Qfo8cV8VGzk1t7jr4c0GrzKiRbJ+PwsUJmF++rY0ukx5Nb4dsB6A9\n" \
    "pse++Es1FFKwFaZ/g2VMdLcpQT5XeXIvqTfH+BFCB2KaLfZ3\n"                 \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

/* -v1 PBE-MD5-DES -provider legacy */
#define ENCRYPTED_MD5_DES                                                \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                            \
    "MIGwMBsGCSqGSIb3DQEFAzAOBAjeq3/pquxvbgICCAAEgZAUHNRc9g+RrW0iIEbG\n" \
    "sS0UmI/I6PUlcVcpmnyugWyctf6EXQDk51+JksZFfabpbVkSUHiE+KJouXM6xSSh\n" \
    "oxD/FjvrL2fHebKKsgQPDBFYwvnkt+bnB94qzFBxt1ZoKGN/N07RZja57GwG0WWj\n" \
    "qU53OnFtEkEmIFwAmkD6joQdzIvfrriBzPpfIyMDpnK4LQ0=\n"                 \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

/* -v2 camellia-256-cbc */
#define ENCRYPTED_CAMELLIA                                               \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                            \
    "MIHuMFkGCSqGSIb3DQEFDTBMMCkGCSqGSIb3DQEFDDAcBAh82RJaFDFwfAICCAAw\n" \
    "DAYIKoZIhvcNAgkFADAfBgsqgwiMmks9AQEBBAQQU9bF9wmvYQZ/7p5OBuptPgSB\n" \
    "kBHr27qJKcKlYJHHEMYpOAgiAZgFe0UJoNqfaUkayYjD6r1dWu8pm/gSgHldMOZ2\n" \
    "PD/Z8NRCZe4hc3yD43KQFYZhxDzsx9+b3WFSCe1e3OpxUgr4C0Sj1jY4AVMXBbRv\n" \
    "Lj9JYgGK6yXB4S3R8slgulChnDhHsiwzG+k5AbClHcC3hZqHUg3USP2PyrIH7U9Z\n" \
    "mA==\n"                                                             \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

/* openssl ec -aes128 -passout pass:secret, of P256_PRIVATE */
#define OLD_AES128                                                       \
    "-----BEGIN EC PRIVATE KEY-----\n"                                   \
    "Proc-Type: 4,ENCRYPTED\n"                                           \
    "DEK-Info: AES-128-CBC,22ECA6D92193922535937E7C113F29D9\n"           \
    "\n"                                                                 \
    "lyXvefuPa2kHjUMwwtN/0d2MObmAShTbT80xvbNBH644bZ+nVWhh48qrLNn3SPom\n" \
    "lqqAYiRTJIt4Vp/SNGXPIpn6UfhJ7nJopVjBz5qR4JUKqMvVsg0B86sfMC3c7759\n" \
    "533iMC+hkYKROwSVbvo5ep2YzMMjum5vxKjloB+3+xo=\n"                     \
    "-----END EC PRIVATE KEY-----\n"

/* openssl ec -aes192 -passout pass:secret, of P256_PRIVATE */
#define OLD_AES192                                                       \
    "-----BEGIN EC PRIVATE KEY-----\n"                                   \
    "Proc-Type: 4,ENCRYPTED\n"                                           \
    "DEK-Info: AES-192-CBC,612D83CBAADE47FC0AE4AB9001BE50EA\n"           \
    "\n"                                                                 \
    "wKC7Kijyd7UHA/+1zio54LvJVVLnZjh4MhE+IPRw/rG/gOsqTvLGuJn4S3vJXTb9\n" \
    "dXI9iF1RWpak2trCiGRAE3bP0LMVWy7iLeVDLzdHysE1id9b3zIfec/5dL0xgpDS\n" \
    "x4MENOJBvq6RLkugx34+JggLNZX7e37nb7itlRP9jbg=\n"                     \
    "-----END EC PRIVATE KEY-----\n"

/* openssl ec -aes256 -passout pass:secret, of P256_PRIVATE */
#define OLD_AES256                                                       \
    "-----BEGIN EC PRIVATE KEY-----\n"                                   \
    "Proc-Type: 4,ENCRYPTED\n"                                           \
    "DEK-Info: AES-256-CBC,8F85ECDED07D48ABAE27F75454057D0A\n"           \
    "\n"                                                                 \
    "945t3bAd7JRa3C1biz7P6ob2QsH0ZWGtVlq/s74DDxz6oHDSflpXxqkTA8XQHICa\n" \
    "kME2rWTOJGT9rV+lTukUtpGek8KDTAMEPaHNOO3M4lwQon9mPV42bYMnwGZRPq8H\n" \
    "CNuzOY1toQYBhKFwU+htOO+0TUoIddKHwMB5WF8qjXM=\n"                     \
    "-----END EC PRIVATE KEY-----\n"

/* openssl ec -des3 -passout pass:secret, of P256_PRIVATE */
#define OLD_DES3                                                         \
    "-----BEGIN EC PRIVATE KEY-----\n"                                   \
    "Proc-Type: 4,ENCRYPTED\n"                                           \
    "DEK-Info: DES-EDE3-CBC,5648A74E9F789896\n"                          \
    "\n"                                                                 \
    "SWXxh1Pww/T8tWCA49bYk3lE+PJmag8NPmcm1tNlTSq0pFJmAurr1WJCqO/NvUix\n" \
    "aFpdjMv8lq86LlUPpvzr2tfiOg1mSURAVgVRf0lTp0sShmyQjPnKdl4fMC2e2nM2\n" \
    "Q2a+kXjY4309C18c/J+jmCf9c2bQoE4PduhUxh2CHig=\n"                     \
    "-----END EC PRIVATE KEY-----\n"

/* openssl ec -camellia128 -passout pass:secret, of P256_PRIVATE */
#define OLD_CAMELLIA128                                                  \
    "-----BEGIN EC PRIVATE KEY-----\n"                                   \
    "Proc-Type: 4,ENCRYPTED\n"                                           \
    "DEK-Info: CAMELLIA-128-CBC,B617E5FA59F8F08A581FC0A0DBD09B91\n"      \
    "\n"                                                                 \
    "oE5AjLa/51BU+oImLKBvgDkUKK+MX7Wg9tpHn+waPd+Jgz2b36vnKJ12e96wT5re\n" \
    "Y16dabjJJU4NPHnolt/yqWcGNLt4jHFP4ay6HJQ2Q0MIKKiXlSofCw80ajYovmd9\n" \
    "kAnPO8PYpW+BxaSiTNCwFJFy1TFJ6/JvRGSbMODMhwo=\n"                     \
    "-----END EC PRIVATE KEY-----\n"

/* openssl rsa -traditional -aes256 -passout pass:secret, of RSA_PRIVATE */
#define OLD_RSA                                                          \
    "-----BEGIN RSA PRIVATE KEY-----\n"                                  \
    "Proc-Type: 4,ENCRYPTED\n"                                           \
    "DEK-Info: AES-256-CBC,D4DFD66BF30EF7B0A513A3F76CA86B44\n"           \
    "\n"                                                                 \
    "mdOae13Dv7Ux9yxj4NdWOXTQjabCXWAEjya0LBPvsISyiZSEdWGvlTGkQG91syc9\n" \
    "YZJm1qGiLDGFU1Ur7bBP4ATVSlt1mDEhwv4qG97SAC1wtjN9naTGiyZPvEoJ7YEv\n" \
    "8m59FBuDvXk7iBaw+sGepF6rh4KpO4jXtCV2fw+dDJCQlwtYr/Sb0SZbmZzM7gsL\n" \
    "6BObhSOsp+uaNrJv+lxkUGtOFMlgqVUfP3s++gjKwUp9ejNDG0sFH/LPBhoMvkbC\n" \
    "e4mkefHHlhJypZKe79QmfYv96GMGCunaf2ud59lJAcMsSPFH/gOo8z/TDwnH3Bft\n" \
    "lfC9j81joWAJrDodiNIgsUv6gGwzReS9hefFDqx+eUk/EFf4O6UwBYAm8ex2DapG\n" \
    "wpVNyxPaiy+4Mye+SfQVfkUvxNJnLBVsWaUBIiE38X3XiT13ja+oBLIX+xbRJrKg\n" \
    "2/yyPY6MtmnUUmUjLgm422XmzbMb83X4vI5K4vIci9CsME56kRh72sO3iI6XZ6gc\n" \
    "G9hfUYKv1hIyOhH2YHReT+hJ2lCvtZSE9KkEK6VAoxfZH3iHCpMcXAjqSdph32pP\n" \
    "GZ/ctomqW7Y5ViVmXmH0GQ/m2G1xs2p9e66zEV0E+OxPwFCovl3rZv293bJl05ui\n" \
    "aTkgGcuxffKfMwrsbAcSbkkJ7eQE0KH2xVHNZaeJ8Ss+r8TGqUzT+5mvxbzH81kh\n" \
    "9fZv1KtjIHCA24V2SlcmqWhbqugEXBv8nsgAlbW3HtGdupRT2xUXigFooKCEGgCe\n" \
    "ze7TJLV5xJ9r46d1b/69xSECpW65FWX9DZpc04zf27wayjooXtlAVWy3hdShsj7D\n" \
    "-----END RSA PRIVATE KEY-----\n"

/* openssl genpkey -pkeyopt ec_param_enc:explicit; -pubout; openssl ecparam -genkey -param_enc
 * explicit */
#define EXPLICIT_PRIVATE                                                 \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIIBeQIBADCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAAB\n" \
    "AAAAAAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA\n" \
    "///////////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMV\n" \
    "AMSdNgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg\n" \
    "9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8A\n" \
    "AAAA//////////+85vqtpxeehPO5ysL8YyVRAgEBBG0wawIBAQQgd8PMcnjzkc5s\n" \
    "DzIucwUFaOIiAEKf/G55nadD1+A79X6hRANCAASFtr1KJR1Ysg4dBAgvH+E94MSp\n" \
    "eQJJUiaznhbPQxSaPS3bhkPG0betLX2bEQFuJ4lNWHnjKZP5jD+YmwyCIhlX\n"     \
    "-----END PRIVATE KEY-----\n"
#define EXPLICIT_PUBLIC                                                  \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA\n" \
    "AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////\n" \
    "///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd\n" \
    "NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5\n" \
    "RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA\n" \
    "//////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABIW2vUolHViyDh0ECC8f4T3g\n" \
    "xKl5AklSJrOeFs9DFJo9LduGQ8bRt60tfZsRAW4niU1YeeMpk/mMP5ibDIIiGVc=\n" \
    "-----END PUBLIC KEY-----\n"
#define EXPLICIT_SEC1                                                    \
    "-----BEGIN EC PARAMETERS-----\n"                                    \
    "MIH3AgEBMCwGByqGSM49AQECIQD/////AAAAAQAAAAAAAAAAAAAAAP//////////\n" \
    "/////zBbBCD/////AAAAAQAAAAAAAAAAAAAAAP///////////////AQgWsY12Ko6\n" \
    "k+ez671VdpiGvGUdBrDMU7D2O848PifSYEsDFQDEnTYIhucEk2pmeOETnSa3gZ9+\n" \
    "kARBBGsX0fLhLEJH+Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT+NC4v4af5uO5+tK\n" \
    "fA+eFivOM1drMV7Oy7ZAaDe/UfUCIQD/////AAAAAP//////////vOb6racXnoTz\n" \
    "ucrC/GMlUQIBAQ==\n"                                                 \
    "-----END EC PARAMETERS-----\n"                                      \
    "-----BEGIN EC PRIVATE KEY-----\n"                                   \
    "MIIBaAIBAQQgCU0C1xqlFfnSQNcQml7Iwugwbk5UN1pwZkK650qhKviggfowgfcC\n" \
    "AQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////////\n" \
    "MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57Pr\n" \
    "vVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEE\n" \
    "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54W\n" \
    "K84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8\n" \
    "YyVRAgEBoUQDQgAEOrh5f3MH8bkqmrd07MX0293lRhnxU9SKnCod9catcAFvQ7KG\n" \
    "KI6c/dHkInl0RJnT7OMkCb4dO1mEFefn4X2JIQ==\n"                         \
    "-----END EC PRIVATE KEY-----\n"

/* openssl genpkey -pkeyopt ec_paramgen_curve:SM2, brainpoolP256r1 */
#define SM2_PRIVATE                                                      \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgb/HoO5iJ7NLDg6fM\n" \
    "foaFhEigpD5okw5aQFAQWgf2HguhRANCAAQ+HPjO0wcFIxTuCuDm4PU5wMjKeP9v\n" \
    "sNwaSyj5VxQ+9cmqZuCPMRuXAvxYXClcxHOGzZIpLun2ACcOux1AKuQC\n"         \
    "-----END PRIVATE KEY-----\n"
#define BRAINPOOL_PRIVATE                                                \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIGIAgEAMBQGByqGSM49AgEGCSskAwMCCAEBBwRtMGsCAQEEIAxNymAXqu89pU+G\n" \
    "PcbDsgB7cQzjvVUoX8DUH4oeurDdoUQDQgAET2I7AcPt28QgqnC2ws9GHOC2Drb5\n" \
    "xD9fQjRfLbkRAZ9sdn+ICkBgcSOvszYUl8WV3teIeo2ARQRETv+GivLVHA==\n"     \
    "-----END PRIVATE KEY-----\n"

/* openssl genpkey -algorithm X25519, X448; -pubout */
#define X25519_PRIVATE                                                   \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MC4CAQAwBQYDK2VuBCIEIJC2Z0V65CcSTThcbW8xCagtgIwxmXsM6UdOJbTftwVE\n" \
    "-----END PRIVATE KEY-----\n"
#define X25519_PUBLIC                                                \
    "-----BEGIN PUBLIC KEY-----\n"                                   \
    "MCowBQYDK2VuAyEAqq6lR1TP91L+mmO1p6JCU8OWI90DD+hNhVY8KTe6FHY=\n" \
    "-----END PUBLIC KEY-----\n"
#define X448_PUBLIC                                                      \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MEIwBQYDK2VvAzkAUhU+mJsxo6CgdTDxHyMmXPgpfgBtmualA0NCFsj2IseXEkDE\n" \
    "21lH2MUHj3ThBYb5mPAT/tWuVZk=\n"                                     \
    "-----END PUBLIC KEY-----\n"

/* openssl genpkey -algorithm DH -pkeyopt group:ffdhe2048 */
#define DH_PRIVATE                                                       \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIIBPwIBADCCARcGCSqGSIb3DQEDATCCAQgCggEBAP//////////rfhUWKK7Spqv\n" \
    "3FYgJz088di5xYPOLTaVqeE2QRRkM/vMk53OJJs++X0v42NjDHXY9oGyAq7EYXrT\n" \
    "3x7V1f1lYSQz9R9fBm7QhWNlVT3tGvO1VxNef1fJNZhPDHDg5ot34qaJ2vPv6HId\n" \
    "8VihNq3nNTCsyk9IOnl6vAqxgrMk+2HRCKlLssjj+7lq2rdg1/RoHU9Co945TfSu\n" \
    "Vu3nY3K7GQsHp8juCm1wngL84c334uzANATNKDQvYZFy/pzphYP/jk8SMu7ygYPD\n" \
    "/jsbTG+tczu1/LwuwiAFxY7xg30Wg7LG80omwbLv+ohrQjhhKFyX//////////8C\n" \
    "AQIEHwIdALjK5MZmsGVKVQxGy97JKSPVsQrqqZvOQkD8fTo=\n"                 \
    "-----END PRIVATE KEY-----\n"

/* openssl genpkey, 1024 bits; -traditional */
#define DSA_PRIVATE                                                      \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIIBWwIBADCCATQGByqGSM44BAEwggEnAoGBAOye8GtLyIt7tg9+MiUJFOln41eZ\n" \
    "kJ/6K4rfPr5tQ4ijVeeuBKm7c/kZxnLaph+stkjymuU8jWislNZvm9UvRYKRmIZG\n" \
    "vrmPRuEqgSQVKOnBzgE8nE2OVvZLCLjr9dhSPf09ZE1aRjNDiRuwYZRxqSZxlllW\n" \
    "86HVtdJDvuoofSMxAh0AiXkdDpoPp0nJwzdCyLViYc744nOXZbRu/lg5HQKBgQCs\n" \
    "w9HstHvNBwK9nY/hxbgmdUG4X6GzBOBiZWjZYHF+WkClsXlEsS1q81zbvtP96fev\n" \
    "ooLDO6bqXkDDh6bOizc8S7faBWSmemxe37z3vKZzDGX6mnJpXw7qvWF8imOJQpFZ\n" \
    "CmTZcSYJev4lPOjEEuQtihfbJ4LbQUDG37p1KwR/pwQeAhwE/ZM+gZfPZYmUt52C\n" \
    "WEOtnjkO3FRXw64nI+kd\n"                                             \
    "-----END PRIVATE KEY-----\n"
#define DSA_OLD_PRIVATE                                                  \
    "-----BEGIN DSA PRIVATE KEY-----\n"                                  \
    "MIIBywIBAAKBgQDsnvBrS8iLe7YPfjIlCRTpZ+NXmZCf+iuK3z6+bUOIo1XnrgSp\n" \
    "u3P5GcZy2qYfrLZI8prlPI1orJTWb5vVL0WCkZiGRr65j0bhKoEkFSjpwc4BPJxN\n" \
    "jlb2Swi46/XYUj39PWRNWkYzQ4kbsGGUcakmcZZZVvOh1bXSQ77qKH0jMQIdAIl5\n" \
    "HQ6aD6dJycM3Qsi1YmHO+OJzl2W0bv5YOR0CgYEArMPR7LR7zQcCvZ2P4cW4JnVB\n" \
    "uF+hswTgYmVo2WBxflpApbF5RLEtavNc277T/en3r6KCwzum6l5Aw4emzos3PEu3\n" \
    "2gVkpnpsXt+897ymcwxl+ppyaV8O6r1hfIpjiUKRWQpk2XEmCXr+JTzoxBLkLYoX\n" \
    "2yeC20FAxt+6dSsEf6cCgYBbAxBJ45vDq7FhmQs9bQ7x17L1RulnW8VoMFN5GhBk\n" \
    "qPt222Vsfoc0VIWRs9ItkbWf5ULtbAII8G2J23qCzGVJr891BtIG2iBwvvLwxAN6\n" \
    "VcmnlruaH2N1dXWC7hWyWh6XTyv73k6tlO8TAEdC+dU4XzZhgyr7kYlCl/XkJu05\n" \
    "DgIcBP2TPoGXz2WJlLedglhDrZ45DtxUV8OuJyPpHQ==\n"                     \
    "-----END DSA PRIVATE KEY-----\n"

/* openssl genpkey -pkeyopt rsa_keygen_primes:3 */
#define MULTI_PRIME_PRIVATE                                              \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIIDxAIBADANBgkqhkiG9w0BAQEFAASCA64wggOqAgEBAoHBAJuFMe5j4V8pk1e7\n" \
    "GwlTRqnwYl9roSuZnwrq0zJ30+xHjasUMPvaBgLcEo5FIzT7F0KCDGbx/eAsjmug\n" \
    "dfBixuPQqSNJD4ZH/43TCHO7b/sSgsxaW/POAvkFeyp/BAf/HjqcNPGtjMClLLhb\n" \
    "lQQZZ/UI/cpAlVype2cfWyxtV15cshrG6uywTZw/JvCDhIFrO/s0DPYshe67Ut5T\n" \
    "xXHN4KmEuqygM/+4UUHwF/pGNHE77crCSx99ZHeLhIRo4vm4ewIDAQABAoHASl7L\n" \
    "neCNqeBL4axMJY15QVL+9/qUPDFeaO4ayQucgGVHTgR92DJOpZdwGDDfwTpByUA/\n" \
    "hgs7CLTF9pnpTGcwDEEKq02BNA+mKFQlMddKn0cFWThXfndlmyGJyTv3FSNcpo2c\n" \
    "yu05oB7K5T8U48VbXSedwOY8Aa2uYD7R6MbuCSmNDEqya/gPxYg+GU/l9/imWSzH\n" \
    "JG+/XaLpeWytEAPv+8RZTJ6w3qWXScOTGpAyc0zFJiW1stxBiLBKfAPooF4BAkEA\n" \
    "8cMDYUGQPcMPn9GtfP814iQIgrxEhOKYLvIaxflURGes37CJSp6dwFSMnJU9rMlB\n" \
    "JiEQT3q5qO3yRafQt8HLywJBANhch8HyIcQDR1ENE2PwGqVhLNCsPjtuXIhxzWBL\n" \
    "Nbx5Vwj9oRe9emO6Fnqw2CSdBpjeL0bjOiSs9SZTCKzSH4kCQH4KNF3k54U7h47D\n" \
    "qtXq27WtIX6/Fl3NIJgBAnJKHWOYRWlNSRZNAWM+8RvFNqU5OyzcufsluVtXyiIE\n" \
    "bm0OrOcCQCggyUEMYnzTStfaf/0qHBcONdyiBYzKRDk+OiQg7t989cqCF+2qQ9fZ\n" \
    "PLAWuo/X29BgbQ5NuIvy1Cj+f35mHlkCQQCrtYBbvNPb4nMjvVjRW3+hKgADBqao\n" \
    "0mKnIgkeIgANBNrd3MfyeQ596qimkfUlOoL6tPM/Zao1T8634NdEg9s5MIHLMIHI\n" \
    "AkEAwtl+pNsBgvQoZl8n7bd4cHHGVbyKFnkMAGeJHn4jMIGssPL5JrHAhp5O6PTK\n" \
    "ka1hi3iJgAO2wh9r7mK9/TWCSQJBAI7GfCwkZkkky22oEEP6CoCqfeBZFP4+mHK7\n" \
    "axgy6Wojuvy2LacS3LZHzh6ZMM3qM+3U1zw8fHBmQdod9IVT7jECQBUVpEaeSmRS\n" \
    "a+61Ux3OxXG4T+qcMEAdkzIrOUonRMewWzm5k0/D4x0FOYSd978d/hgtPtffl8z/\n" \
    "ai51vbICYMA=\n"                                                     \
    "-----END PRIVATE KEY-----\n"

/* ssh-keygen -t rsa, ecdsa -b 256, 384, 521, ed25519 -C 'a comment'; each followed by what
 * ssh-keygen -e -m PKCS8 makes of it */
#define SSH_RSA                                                                        \
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQCysCdtK0NIaStFF9p++F/Cs7sBc9rmOarc5Ugy5hf+" \
    "G92Pe5asJ+1B5LQPXAYPpzZAeZ6WPdHQgESu1beB71pAzgb1JxdNjsgYtF6MYIiZu+k2vMgs3yfwl/jK" \
    "Xs7tUs6YyzYrpTzR/GKpVOAQXXkfHLhvXhEUElmvnzugN7nJJQ== a comment\n"
#define SSH_RSA_PUBLIC                                                   \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCysCdtK0NIaStFF9p++F/Cs7sB\n" \
    "c9rmOarc5Ugy5hf+G92Pe5asJ+1B5LQPXAYPpzZAeZ6WPdHQgESu1beB71pAzgb1\n" \
    "JxdNjsgYtF6MYIiZu+k2vMgs3yfwl/jKXs7tUs6YyzYrpTzR/GKpVOAQXXkfHLhv\n" \
    "XhEUElmvnzugN7nJJQIDAQAB\n"                                         \
    "-----END PUBLIC KEY-----\n"
#define SSH_P256                                                                       \
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBA26sO4G" \
    "IxhGfD63EA42UincDaqUO9HcI+lDoO9cnqTlkG3KV0Uclb6qUoxrd4mqImlGy9ajI/23MxKIDcOz3Xk=" \
    " a comment\n"
#define SSH_P256_PUBLIC                                                  \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEDbqw7gYjGEZ8PrcQDjZSKdwNqpQ7\n" \
    "0dwj6UOg71yepOWQbcpXRRyVvqpSjGt3iaoiaUbL1qMj/bczEogNw7PdeQ==\n"     \
    "-----END PUBLIC KEY-----\n"
#define SSH_P384                                                                       \
    "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBLrfHHjb" \
    "TxmAwrTciGW1WcwYgu8uO9eNKh6sInB3pMaBe3WhHkj8UTqC0aPOGiaAZLSJs/0z7edRIOOuEqUU4qPy" \
    "oDLuydO0WST37QjFK34mBC31NaY3Vow6W9LZI3zXig== a comment\n"
#define SSH_P384_PUBLIC                                                  \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEut8ceNtPGYDCtNyIZbVZzBiC7y47140q\n" \
    "HqwicHekxoF7daEeSPxROoLRo84aJoBktImz/TPt51Eg464SpRTio/KgMu7J07RZ\n" \
    "JPftCMUrfiYELfU1pjdWjDpb0tkjfNeK\n"                                 \
    "-----END PUBLIC KEY-----\n"
#define SSH_P521                                                                       \
    "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAHDr9OI" \
    "oDAJyfPC2Wr4FZsRAr38Mk4adRN/fAGVAmqHGB243sOLjFzgz/MlZRTmFtBVFmnUr71eMlP3XTvO01bg" \
    "+gHFXgvhZ2dkynZeC5vNuVkf4aS/IsTYCwgRqmBIQDlFVsG89792rEJbHpT76sgwBNftpv7/B7O3GYhL" \
    "5zFSBkdi1Q== a comment\n"
#define SSH_P521_PUBLIC                                                  \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQBw6/TiKAwCcnzwtlq+BWbEQK9/DJO\n" \
    "GnUTf3wBlQJqhxgduN7Di4xc4M/zJWUU5hbQVRZp1K+9XjJT9107ztNW4PoBxV4L\n" \
    "4WdnZMp2XgubzblZH+GkvyLE2AsIEapgSEA5RVbBvPe/dqxCWx6U++rIMATX7ab+\n" \
    "/weztxmIS+cxUgZHYtU=\n"                                             \
    "-----END PUBLIC KEY-----\n"
#define SSH_ED25519                                                                    \
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJiT0KBSgSPoIaSV+Tky+B+o+sbsIah+vPI3hWdIiL+w" \
    " a comment\n"
#define SSH_ED25519_PUBLIC                                           \
    "-----BEGIN PUBLIC KEY-----\n"                                   \
    "MCowBQYDK2VwAyEAmJPQoFKBI+ghpJX5OTL4H6j6xuwhqH688jeFZ0iIv7A=\n" \
    "-----END PUBLIC KEY-----\n"

#endif
