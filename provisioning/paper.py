"""A key on a page to print: the QR and the letters that are in its file, and what to do with them.

One page without anything from elsewhere. What it holds is as closed as the file: the passphrase
is written on it by hand, once it is out of the printer.
"""

from markupsafe import Markup

from node.qr import qr
from provisioning.sealed_key import Place, SealedKey
from sync.letters import fingerprint

PLACES = {Place.DAILY: "ふだんの鍵", Place.RESERVE: "控えの鍵"}

_WHAT_FOR = {
    Place.DAILY: "機械を町の仲間に加えるとき、盗まれた機械を止めるときに使う鍵です。"
    "この紙は、鍵のファイルが壊れたり、なくなったりしたときのためのものです。",
    Place.RESERVE: "ふだんの鍵がなくなったり、盗まれたりしたときに、新しい鍵に替えるための鍵です。"
    "町の鍵のうち、いちばん強い鍵です。これを人に取られると、すべての機械を回って直すことになります。",
}

_PAGE = Markup("""<!doctype html>
<html lang="ja"><meta charset="utf-8"><title>{town} {place}</title>
<style>
@page {{ size: A4; margin: 18mm }}
body {{ font: 11pt/1.7 "Noto Sans CJK JP", "Hiragino Sans", "Yu Gothic", sans-serif;
  max-width: 174mm; margin: 0 auto; color: #000; background: #fff }}
h1 {{ font-size: 18pt; margin: 0 }}
.qr {{ width: 62mm; height: 62mm; float: right; margin: 0 0 6mm 6mm }}
pre {{ font: 13pt/1.7 "DejaVu Sans Mono", "Courier New", monospace; margin: 4mm 0 }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: 0 6mm; margin: 4mm 0 }}
dd {{ margin: 0 }}
.hand {{ border: 1px solid #000; padding: 3mm 4mm; height: 16mm; clear: both }}
li {{ margin-bottom: 1mm }}
</style>
<h1>{town}の{place}</h1>
<p>{what_for}</p>
{qr}
<dl><dt>町</dt><dd>{town}（団体コード {code}）</dd><dt>鍵</dt><dd>{place}</dd>
<dt>指紋</dt><dd>{fingerprint}</dd></dl>
<pre>{lines}</pre>
<p class="hand">合言葉（印刷してから、手で書いてください）</p>
<h2>しまい方</h2>
<ol><li>合言葉を手で書き入れ、封筒に入れて封をし、金庫にしまってください。</li>
<li>刷り終えたら、このページのファイルを消してください。</li>
<li>コピーやスキャン、写真はとらないでください。見た人は、合言葉とあわせて鍵を使えます。</li></ol>
<h2>元に戻すには</h2>
<ol><li>Kairan の入った機械で <code>kairan authority restore</code> を動かします。</li>
<li>QRコードを読み取った文字を貼りつけるか、上の7行を打ちこみます。大文字と小文字、間の空きは、どちらでもかまいません。
I と L は 1、O は 0 と読みます。U は使っていません。</li>
<li>打ちまちがえた行は、機械が教えます。合言葉を入れると、鍵のファイルができます。</li></ol>
</html>
""")


def page(key: SealedKey, *, public: bytes, town_name: str) -> str:
    """The page of that key, HTML. `public`: its public half, for the fingerprint."""
    return _PAGE.format(
        town=town_name,
        code=key.town,
        place=PLACES[key.place],
        what_for=_WHAT_FOR[key.place],
        fingerprint=fingerprint(public),
        lines="\n".join(key.lines()),
        qr=qr(key.for_qr(), "鍵のQRコード"),
    )
