/** For a screen of any width and for paper; nothing is fetched. */
export const styles = `
:root{color-scheme:light}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,"Segoe UI",Roboto,sans-serif;color:#1b1b1f;background:#fff;margin:0 auto;max-width:60rem;padding:1rem;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}
h2{font-size:1.2rem;margin:2rem 0 .5rem;border-bottom:2px solid #ccd}
h3{font-size:1rem;margin:1.25rem 0 .25rem}
p{margin:.25rem 0}
code,pre{font-family:ui-monospace,Consolas,"Liberation Mono",monospace;font-size:.85em}
pre{white-space:pre-wrap;background:#f4f4f8;border:1px solid #dde;border-radius:4px;padding:.5rem;margin:.25rem 0}
table{border-collapse:collapse;width:100%;font-size:.85rem}
th,td{text-align:left;vertical-align:top;padding:.25rem .5rem .25rem 0;border-bottom:1px solid #e4e4ec}
.notice{border-left:5px solid #b45309;background:#fff7ed;padding:.5rem .75rem;margin:.5rem 0}
.notice.fine{border-color:#15803d;background:#f0fdf4}
.bar{display:flex;height:2rem;border:1px solid #556;border-radius:4px;overflow:hidden;margin:.5rem 0}
.bar span{display:block;height:100%}
.key{display:inline-block;width:.9em;height:.9em;margin-right:.4em;border:1px solid #556;vertical-align:-.1em}
.awaitingApproval{background:#c7d2fe}.queued{background:#fde68a}.submitting{background:#e5e7eb}.unknown{background:#fca5a5}.pending{background:#bae6fd}.running{background:#86efac}
.card{border:1px solid #99a;border-radius:8px;padding:.75rem;max-width:32rem}
.box{padding:.25rem .5rem;margin:.25rem 0;border-radius:4px}
.good{background:#f0fdf4}.attention{background:#fef2f2}.warning{background:#fff7ed}.accent{background:#eff6ff}.emphasis{background:#f4f4f8}
.bold{font-weight:600}.subtle{color:#4b5563}
.buttons span{display:inline-block;border:1px solid #99a;border-radius:4px;padding:0 .6rem;margin:.15rem .3rem .15rem 0;color:#4b5563}
@media (min-width:40rem){.audit td:nth-child(1),.audit td:nth-child(2),.audit td:nth-child(4){white-space:nowrap}.audit td:nth-child(3){min-width:7rem}}
@media (max-width:40rem){table,thead,tbody,tr,td{display:block}thead{display:none}tr{border-bottom:1px solid #ccd;padding:.35rem 0}td{border:0;padding:0}}
@media print{body{max-width:none;padding:0;font-size:11pt}h2{break-after:avoid}.card,tr,.bar{break-inside:avoid}}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
`;
