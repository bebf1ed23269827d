import {createContext, memo, useContext} from 'react';
import {Box, Text} from 'ink';
import {paint} from '../theme.ts';
import {useLook} from '../use-select.ts';

/** Whether what is drawn lies under a dialog. */
export const Dimmed = createContext(false);

// eslint-disable-next-line no-control-regex -- Our own colours are what is taken out.
const sgr = /\u001B\[[\d;]*m/gv;

/** One line of the screen: a finished string, never wrapped. Under a dialog it is dim, without colours. */
export const Line = memo(({text}: {readonly text: string}) => {
	const isDimmed = useContext(Dimmed);
	const look = useLook();
	const shown = isDimmed ? paint(look, 'dim', text.replaceAll(sgr, '')) : text;
	return <Text wrap='truncate'>{shown === '' ? ' ' : shown}</Text>;
});
Line.displayName = 'Line';

/** Lines below each other, `height` rows in all. */
export const Lines = ({texts, height = texts.length}: {readonly texts: readonly string[]; readonly height?: number}) => (
	<Box flexDirection='column' height={height} flexShrink={0} overflow='hidden'>
		{texts.slice(0, height).map((text, index) => <Line key={index} text={text}/>)}
	</Box>
);
