import type { Event } from '../../request/event';
import { type Lesson, lessonOf, lessonSubjects } from '../../request/lesson';
import type { Device, LiveResponseRequest } from '../../request/request';
import type { Reader, Tx } from '../store';

const nameOf = (subject: string): string => `lesson:${subject}`;

/** Keeps what a refusal teaches about the device or its group, and forgets it when Defender accepts live response there again. */
export async function keepLesson(tx: Tx, request: LiveResponseRequest, event: Event, now: number): Promise<void> {
  if (event.type === 'rejected') {
    const learned = lessonOf(event.code, request, now);
    if (learned !== null) await tx.saveFact(nameOf(learned.subject), learned.lesson);
  }
  if (event.type !== 'accepted') return;
  for (const subject of lessonSubjects(request.device))
    if ((await tx.fact<Lesson>(nameOf(subject))) !== null) await tx.saveFact(nameOf(subject), null);
}

/** What earlier refusals taught about this device and its group. */
export async function readLessons(reader: Reader, device: Device): Promise<readonly Lesson[]> {
  const lessons: Lesson[] = [];
  for (const subject of lessonSubjects(device)) {
    const lesson = await reader.fact<Lesson>(nameOf(subject));
    if (lesson !== null) lessons.push(lesson);
  }
  return lessons;
}
