import { testStore } from '@skep/interface/compliance'
import { memoryStore } from '@skep/store-memory'
import { test } from 'vitest'

testStore({ test, make: memoryStore })
