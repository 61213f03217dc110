/* design comment and implementation: see the contract in json_read.h */
