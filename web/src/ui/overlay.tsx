/** Dialogs, popovers and menus in the page's look, on Base UI's behaviour (focus, Escape, outside clicks, labels). */
import { Dialog as BaseDialog } from '@base-ui/react/dialog';
import { Menu as BaseMenu } from '@base-ui/react/menu';
import { Popover as BasePopover } from '@base-ui/react/popover';
import { X } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { IconButton } from './button.tsx';
import { cx } from './class.ts';

export interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** `panel` slides over the right side, `top` hangs below the upper edge. */
  placement?: 'center' | 'top' | 'panel';
  width?: string;
  /** The title is for assistive technology only. */
  bare?: boolean;
}

const PLACES = {
  center: 'top-1/2 left-1/2 max-h-[min(44rem,calc(100dvh-2rem))] -translate-x-1/2 -translate-y-1/2',
  top: 'top-[12vh] left-1/2 max-h-[70vh] -translate-x-1/2 max-sm:top-3',
  panel: 'inset-y-0 right-0 h-dvh rounded-none! border-y-0! border-r-0!',
};

export function Dialog({
  open,
  onClose,
  title,
  children,
  placement = 'center',
  width = '32rem',
  bare = false,
}: DialogProps) {
  return (
    <BaseDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop
          className="fixed inset-0 z-40 bg-black/30 transition-opacity duration-(--quick) data-ending-style:opacity-0 data-starting-style:opacity-0"
          style={{ background: 'oklch(0.1 0.02 240 / 0.4)' }}
        />
        <BaseDialog.Popup
          className={cx(
            'popup fixed z-50 flex flex-col overflow-hidden transition-opacity duration-(--quick) data-ending-style:opacity-0 data-starting-style:opacity-0',
            PLACES[placement],
          )}
          style={{ width: `min(${width}, ${placement === 'panel' ? '100vw' : 'calc(100vw - 1.5rem)'})` }}
        >
          {bare ? (
            <BaseDialog.Title className="sr-only">{title}</BaseDialog.Title>
          ) : (
            <header className="flex items-center justify-between gap-3 border-b border-line py-2 pr-2 pl-4">
              <BaseDialog.Title className="truncate text-base font-semibold">{title}</BaseDialog.Title>
              <BaseDialog.Close render={<IconButton label="Close" icon={X} />} />
            </header>
          )}
          {children}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

export interface PopoverProps {
  trigger: ReactElement;
  children: ReactNode;
  label: string;
  align?: 'start' | 'center' | 'end';
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}

export function Popover({ trigger, children, label, align = 'start', open, onOpenChange }: PopoverProps) {
  const controlled = open === undefined ? {} : { open };
  return (
    <BasePopover.Root {...controlled} onOpenChange={(next) => onOpenChange?.(next)}>
      <BasePopover.Trigger render={trigger} />
      <BasePopover.Portal>
        <BasePopover.Positioner sideOffset={5} align={align} collisionPadding={8} className="z-50">
          <BasePopover.Popup
            aria-label={label}
            className="popup max-h-(--available-height) max-w-(--available-width) overflow-auto outline-none"
          >
            {children}
          </BasePopover.Popup>
        </BasePopover.Positioner>
      </BasePopover.Portal>
    </BasePopover.Root>
  );
}

export type MenuItem = { label: string; hint?: string; danger?: boolean; onSelect: () => void } | 'line';

export function Menu({
  trigger,
  items,
  align = 'start',
}: {
  trigger: ReactElement;
  items: readonly MenuItem[];
  align?: 'start' | 'end';
}) {
  return (
    <BaseMenu.Root>
      <BaseMenu.Trigger render={trigger} />
      <BaseMenu.Portal>
        <BaseMenu.Positioner sideOffset={4} align={align} collisionPadding={8} className="z-50">
          <BaseMenu.Popup className="popup min-w-44 py-1 outline-none">
            {items.map((item, index) =>
              item === 'line' ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: separators have no identity
                <BaseMenu.Separator key={index} className="my-1 h-px bg-line" />
              ) : (
                <BaseMenu.Item
                  key={item.label}
                  onClick={item.onSelect}
                  className={cx(
                    'flex cursor-pointer items-center justify-between gap-4 px-3 py-1 text-sm outline-none data-highlighted:bg-hover',
                    item.danger && 'text-red',
                  )}
                >
                  {item.label}
                  {item.hint && <span className="text-xs text-faint">{item.hint}</span>}
                </BaseMenu.Item>
              ),
            )}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}
