;; -*- lexical-binding: t; -*-
