import { testStore } from '@skep/interface/compliance'
import { levelStore } from '@skep/store-level'
import { test } from 'vitest'
import { folder } from './folder.ts'

const places = new WeakMap<object, string>()

testStore({
  test,
  async make () {
    const place = await folder()
    const store = await levelStore(place)
    places.set(store, place)
    return store
  },
  async reopen (store) {
    await store.close()
    return levelStore(places.get(store)!)
  }
})
