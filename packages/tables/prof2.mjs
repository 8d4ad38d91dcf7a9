import { DuckDBInstance } from '@duckdb/node-api';
import { spellingsOf } from './dist/source/types/spelling.js';
const i=await DuckDBInstance.create(':memory:',{threads:'2'}); const c=await i.connect();
const [INT,ALW,PLAIN]=spellingsOf('1.5');
for (const N of [100,200,800]) {
await c.run(`CREATE OR REPLACE TEMP TABLE look AS SELECT ${Array.from({length:N},(_,i)=>`CAST(range*${i}*0.25 AS VARCHAR) AS c${i}`).join(',')} FROM range(10)`);
const t=async(name,f,from='look')=>{const a=performance.now();await c.runAndReadAll(`SELECT ${Array.from({length:N},(_,i)=>f(`"c${i}"`,i)).join(', ')} FROM ${from}`);console.log(N,((performance.now()-a)/N).toFixed(2),'ms/col',name)};
const p=(s)=>(x)=>`count_if(${s.fits(x,s.value(x))})`;
await t('count', x=>`count(${x})`);
await t('INT',p(INT)); await t('ALW',p(ALW)); await t('PLAIN',p(PLAIN));
for (const d of ['common_subexpressions','statistics_propagation','expression_rewriter','regex_range','common_subexpressions,statistics_propagation,expression_rewriter,regex_range,filter_pushdown,unused_columns,column_lifetime,compressed_materialization']) { await c.run(`SET disabled_optimizers='${d}'`); await t('PLAIN -'+d,p(PLAIN)); await c.run(`SET disabled_optimizers=''`); }
await c.run('PRAGMA disable_optimizer'); await t('PLAIN no opt',p(PLAIN)); await c.run('PRAGMA enable_optimizer');
}
