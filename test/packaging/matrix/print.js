import { attrs, print } from "microvm-emit/ast";

console.log(print(attrs({ answer: 42 })).includes("answer = 42") ? "printed" : "wrong");
