export const themes = ['light', 'dark', 'contrast'] as const;
export type Theme = (typeof themes)[number];

/** What Teams' client gives the renderer, as far as it decides how our cards look: sizes, spacing, and the colours of each container. */
export function hostConfigOf(theme: Theme): object {
  return {
    supportsInteractivity: true,
    spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
    separator: { lineThickness: 1, lineColor: { light: '#e1dfdd', dark: '#484644', contrast: '#ffffff' }[theme] },
    fontTypes: {
      default: { fontFamily: "'Segoe UI', Tahoma, 'DejaVu Sans', sans-serif", ...sizes },
      monospace: { fontFamily: "'Courier New', 'DejaVu Sans Mono', monospace", ...sizes },
    },
    containerStyles: Object.fromEntries(
      Object.entries(backgrounds).map(([style, [light, dark]]) => [
        style,
        {
          backgroundColor: { light, dark, contrast: '#000000' }[theme],
          foregroundColors: foregroundsOf(theme === 'dark' && !isPlain(style) ? 'light' : theme),
        },
      ]),
    ),
    actions: {
      maxActions: 6,
      spacing: 'default',
      buttonSpacing: 8,
      showCard: { actionMode: 'inline', inlineTopMargin: 16, style: 'emphasis' },
      actionsOrientation: 'horizontal',
      actionAlignment: 'left',
    },
    inputs: {
      label: { inputSpacing: 'small', requiredInputs: { suffix: ' *', color: 'attention' }, optionalInputs: {} },
      errorMessage: { spacing: 'small', color: 'attention' },
    },
  };
}

const sizes = {
  fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
  fontWeights: { lighter: 200, default: 400, bolder: 600 },
};

/**
 * Light, dark: Teams keeps the tinted ones as they are in both. For high contrast no configuration is published: all is drawn on black, in the colours
 * of Fluent's theme for it, so that nothing is left of a card but its words.
 */
const backgrounds: Readonly<Record<string, readonly [string, string]>> = {
  default: ['#ffffff', '#2d2c2c'],
  emphasis: ['#f9f8f7', '#292828'],
  accent: ['#c7def9', '#c7def9'],
  good: ['#ccffcc', '#ccffcc'],
  attention: ['#ffc5b2', '#ffc5b2'],
  warning: ['#ffe2b2', '#ffe2b2'],
};

const isPlain = (style: string): boolean => style === 'default' || style === 'emphasis';

function foregroundsOf(theme: Theme): object {
  const both = (color: string) => ({ default: color, subtle: color });
  const white = both('#ffffff');
  if (theme === 'contrast')
    return { default: white, accent: both('#1aebff'), attention: white, good: white, warning: white };
  const text = theme === 'light' ? '#252424' : '#ffffff';
  return {
    default: { default: text, subtle: theme === 'light' ? '#bf252424' : '#bfffffff' },
    accent: both(theme === 'light' ? '#6264a7' : '#a6a7dc'),
    attention: both(theme === 'light' ? '#c4314b' : '#d74654'),
    good: both('#92c353'),
    warning: both('#f8d22a'),
  };
}
